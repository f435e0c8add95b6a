import { problemFromCatalogue } from './problem-from-catalogue.ts';
import { testRule } from './testing.ts';

testRule('problem-from-catalogue', problemFromCatalogue, {
  passes: [
    { name: 'an entry of a catalogue passes', code: "import { tenantErrors } from './tenants.errors.js';\nthrow tenantErrors.notFound();" },
    { name: 'a class of the same name from elsewhere passes', code: "import { Problem } from './puzzle.js';\nnew Problem('chess');" },
    { name: 'telling a problem from other errors passes', code: "import { Problem } from '@plinth/kernel';\nif (error instanceof Problem) throw error;" },
  ],
  fails: [
    { name: 'a problem that is made in place is reported', code: "import { Problem } from '@plinth/kernel';\nthrow new Problem('gone', 'not_found');", reports: ['bare'] },
    { name: 'so it is under another name', code: "import { Problem as Failure } from '@plinth/kernel';\nnew Failure('gone', 'not_found');", reports: ['bare'] },
    { name: 'and over the namespace', code: "import * as kernel from '@plinth/kernel';\nnew kernel.Problem('gone', 'not_found');", reports: ['bare'] },
  ],
});
