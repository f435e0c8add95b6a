import type { HouseRule } from './ast.ts';
import { constantLogMessage } from './constant-log-message.ts';
import { controllerIsOneLine } from './controller-is-one-line.ts';
import { disabledRuleHasReason } from './disabled-rule-has-reason.ts';
import { fileNameSpeaks } from './file-name-speaks.ts';
import { mutationDeclaresIdempotency } from './mutation-declares-idempotency.ts';
import { noNestExceptionInService } from './no-nest-exception-in-service.ts';
import { noProcessEnv } from './no-process-env.ts';
import { noQueryInController } from './no-query-in-controller.ts';
import { noSleepInTest } from './no-sleep-in-test.ts';
import { outsideCallThroughResilience } from './outside-call-through-resilience.ts';
import { plainTypeName } from './plain-type-name.ts';
import { problemFromCatalogue } from './problem-from-catalogue.ts';
import { routeDeclaresAccess } from './route-declares-access.ts';
import { unitInName } from './unit-in-name.ts';
import { workspaceImportIsDeclared } from './workspace-import-is-declared.ts';
import { writeTakesTx } from './write-takes-tx.ts';

/** The house rules, as ESLint's plugin `plinth`; eslint.config.mjs says which files each one is for. */
export const rules: Readonly<Record<string, HouseRule>> = {
  'constant-log-message': constantLogMessage,
  'controller-is-one-line': controllerIsOneLine,
  'disabled-rule-has-reason': disabledRuleHasReason,
  'file-name-speaks': fileNameSpeaks,
  'mutation-declares-idempotency': mutationDeclaresIdempotency,
  'no-nest-exception-in-service': noNestExceptionInService,
  'no-process-env': noProcessEnv,
  'no-query-in-controller': noQueryInController,
  'no-sleep-in-test': noSleepInTest,
  'outside-call-through-resilience': outsideCallThroughResilience,
  'plain-type-name': plainTypeName,
  'problem-from-catalogue': problemFromCatalogue,
  'route-declares-access': routeDeclaresAccess,
  'unit-in-name': unitInName,
  'workspace-import-is-declared': workspaceImportIsDeclared,
  'write-takes-tx': writeTakesTx,
};
