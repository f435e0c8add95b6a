import { fileNameSpeaks } from './file-name-speaks.ts';
import { testRule } from './testing.ts';

const code = 'export const a = 1;';

testRule('file-name-speaks', fileNameSpeaks, {
  passes: [
    { name: 'a name that says what is in it passes', code, filename: 'libs/kernel/src/backoff.ts' },
    { name: 'a name that only holds such a word passes', code, filename: 'apps/gateway/src/routing/database-baseline.ts' },
    { name: 'a handler that is a sentence passes', code, filename: 'apps/audit-service/src/trail/record-entry-when-audit-recorded.handler.ts' },
    { name: 'its spec passes', code, filename: 'apps/audit-service/src/trail/record-entry-when-audit-recorded.handler.int-spec.ts' },
  ],
  fails: [
    { name: 'a drawer is reported', code, filename: 'apps/gateway/src/utils.ts', reports: ['drawer'] },
    { name: 'a drawer of a kind is reported', code, filename: 'apps/gateway/src/string-helpers.ts', reports: ['drawer'] },
    { name: 'a folder that is one is reported', code, filename: 'apps/gateway/src/common/dates.ts', reports: ['drawer'] },
    { name: 'a handler that is no sentence is reported', code, filename: 'apps/audit-service/src/trail/audit.handler.ts', reports: ['sentence'] },
  ],
});
