import { resolve } from 'node:path';
import { testRule } from './testing.ts';
import { workspaceImportIsDeclared } from './workspace-import-is-declared.ts';

// libs/contracts declares kernel, and can declare nothing else: its boundaries allow no other.
const filename = resolve(import.meta.dirname, '../../../libs/contracts/src/events/index.ts');

testRule('workspace-import-is-declared', workspaceImportIsDeclared, {
  passes: [
    { name: 'a declared package passes', filename, code: "import { newId } from '@plinth/kernel';" },
    { name: 'a package from outside is not its concern', filename, code: "import Ajv from 'ajv';" },
    { name: 'its own name is not its concern', filename, code: "import { events } from '@plinth/contracts';" },
  ],
  fails: [
    { name: 'a package that is not declared is reported', filename, code: "import { Outbox } from '@plinth/outbox';", reports: ['undeclared'] },
    { name: 'a type counts, for the build needs it too', filename, code: "import type { Tx } from '@plinth/database';", reports: ['undeclared'] },
    { name: 'a re-export counts', filename, code: "export * from '@plinth/http';", reports: ['undeclared'] },
    { name: 'a late import counts', filename, code: "await import('@plinth/http/testing');", reports: ['undeclared'] },
  ],
});
