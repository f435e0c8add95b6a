import { Injectable } from '@nestjs/common';
import type { Tier } from '@plinth/contracts';
import { FlagEvaluator, type FlagContext, type FlagDefinition } from '@plinth/flags';
import type { RequestContext } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { tenantErrors } from '../tenants/tenants.errors.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';
import type { EvaluationFailureView, EvaluationView } from './ofrep-shapes.js';
import { ofrepErrors } from './ofrep.errors.js';

const maxTargetingKey = 1_000;

/** What the caller says of the user; tenant and tier are never among it. */
type CallersContext = Required<Pick<FlagContext, 'targetingKey' | 'attributes'>>;

/** What flags are for whoever asks by OFREP, and the flags themselves for services that evaluate on their own. */
@Injectable()
export class FlagEvaluationService {
  constructor(
    private readonly flags: FeatureFlagsRepository,
    private readonly evaluator: FlagEvaluator,
    private readonly logger: Logger,
  ) {}

  /** @throws Problem `flag_context_invalid` (400), `flag_not_found` (404) */
  async evaluateOne(ctx: RequestContext, key: string, body: unknown): Promise<EvaluationView> {
    const context = contextIn(body);
    const { flags, tier } = await this.flags.readForTenant(ctx.tenantId, key);
    const [flag] = flags;
    if (flag === undefined) throw ofrepErrors.flagNotFound();
    return this.view(flag, { ...context, tenantId: ctx.tenantId, tier });
  }

  /** All flags in use, by key; one that cannot be evaluated does not hold up the others. @throws Problem `flag_context_invalid` (400) */
  async evaluateAll(ctx: RequestContext, body: unknown): Promise<{ readonly flags: readonly (EvaluationView | EvaluationFailureView)[] }> {
    const context = contextIn(body);
    const { flags, tier } = await this.flags.readForTenant(ctx.tenantId, null);
    return { flags: flags.map((flag) => this.viewOrFailure(flag, { ...context, tenantId: ctx.tenantId, tier })) };
  }

  /** All flags in use, by key. */
  async listDefinitions(): Promise<{ readonly data: readonly FlagDefinition[] }> {
    return { data: (await this.flags.readForTenant(null, null)).flags };
  }

  /** @throws Problem `tenant_not_found` (404) */
  async getTier(tenantId: string): Promise<{ readonly tier: Tier }> {
    const tier = await this.flags.findTier(tenantId);
    if (tier === null) throw tenantErrors.notFound();
    return { tier };
  }

  private viewOrFailure(flag: FlagDefinition, context: FlagContext): EvaluationView | EvaluationFailureView {
    try {
      return this.view(flag, context);
    } catch (error) {
      this.logger.error('a flag cannot be evaluated', { name: flag.key, error });
      return { key: flag.key, errorCode: 'GENERAL', errorDetails: 'The flag cannot be evaluated.' };
    }
  }

  private view(flag: FlagDefinition, context: FlagContext): EvaluationView {
    const { value, variant, reason, rule } = this.evaluator.evaluate(flag, context);
    const metadata = { version: flag.version, reason, ...(rule === undefined ? {} : { rule }) };
    // The protocol's list of reasons has no DEFAULT; STATIC would let a client keep it for everybody.
    return { key: flag.key, value, reason: reason === 'DEFAULT' ? 'UNKNOWN' : reason, ...(variant === undefined ? {} : { variant }), metadata };
  }
}

/** Of the body of a question. What else it holds is not looked at: the protocol leaves it open. @throws Problem `flag_context_invalid` (400) */
function contextIn(body: unknown): CallersContext {
  const context = isObject(body) ? body['context'] : undefined;
  if (!isObject(context)) throw ofrepErrors.contextInvalid('The body must have a context, which is an object.');
  const { targetingKey } = context;
  if (typeof targetingKey !== 'string' || targetingKey === '' || targetingKey.length > maxTargetingKey) {
    throw ofrepErrors.contextInvalid(`The context must have a targetingKey: a text of 1 to ${maxTargetingKey} characters.`);
  }
  return { targetingKey, attributes: context };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
