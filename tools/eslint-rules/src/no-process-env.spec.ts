import { noProcessEnv } from './no-process-env.ts';
import { testRule } from './testing.ts';

testRule('no-process-env', noProcessEnv, {
  passes: [
    { name: 'an env of something else passes', code: 'const port = options.env.PORT;' },
    { name: 'the rest of process passes', code: 'process.exitCode = 1;' },
    { name: 'a parameter called process is not the global', code: 'function run(process) { return process.env; }' },
  ],
  fails: [
    { name: 'a variable is reported', code: 'const port = process.env.PORT;', reports: ['env'] },
    { name: 'a computed member is reported', code: "const env = process['env'];", reports: ['env'] },
    { name: 'the way over globalThis is reported', code: 'const env = globalThis.process.env;', reports: ['env'] },
    { name: 'taking it apart is reported', code: 'const { env } = process;', reports: ['env'] },
    { name: 'importing it is reported', code: "import { env } from 'node:process';", reports: ['env'] },
    { name: 'the imported process is reported', code: "import process from 'node:process';\nconst port = process.env.PORT;", reports: ['env'] },
  ],
});
