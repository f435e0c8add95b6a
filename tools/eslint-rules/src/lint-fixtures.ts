/**
 * Lints every fixture under the workspace's own eslint.config.mjs, as the file that its first line names, and prints
 * `{ "<fixture>": ["<rule>", ...] }`, with Nx's reason behind its rule: `@nx/enforce-module-boundaries#<message id>`. A
 * process of its own, because ESLint's configuration and Nx's native parts do not load inside Jest's module system.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ESLint, type Linter } from 'eslint';

const workspace = resolve(import.meta.dirname, '../../..');
const folder = resolve(import.meta.dirname, '../fixtures');

const fixtures = readdirSync(folder)
  .filter((file) => /\.(?:bad|good)\.ts$/.test(file))
  .map((file) => {
    const code = readFileSync(join(folder, file), 'utf8');
    const as = /^\/\/ linted as (?<path>[^\s;]+)/.exec(code)?.groups?.['path'];
    if (as === undefined) throw new Error(`${file} does not begin with "// linted as <path>"`);
    return { file, code, as };
  });

// The files that are linted do not exist, so that no tsconfig includes them; typescript-eslint types them by this one.
const virtualFiles: Linter.Config = {
  files: ['**/*.ts'],
  languageOptions: {
    parserOptions: {
      projectService: {
        allowDefaultProject: fixtures.map(({ as }) => as),
        defaultProject: join(folder, 'tsconfig.json'),
        maximumDefaultProjectFileMatchCount_THIS_WILL_SLOW_DOWN_LINTING: fixtures.length,
      },
    },
  },
};

const eslint = new ESLint({ cwd: workspace, overrideConfig: [virtualFiles] });
const reported: Record<string, string[]> = {};
for (const { file, code, as } of fixtures) {
  const [result] = await eslint.lintText(code, { filePath: join(workspace, as) });
  reported[file] = [...new Set((result?.messages ?? []).map(nameOf))].sort();
}
process.stdout.write(JSON.stringify(reported));

function nameOf({ ruleId, messageId, message }: Linter.LintMessage): string {
  // Without a rule it is a parse error or an ignored file: the text stands in for the rule, and fits no expectation.
  if (ruleId === null) return message;
  return ruleId.startsWith('@nx/') ? `${ruleId}#${messageId ?? ''}` : ruleId;
}
