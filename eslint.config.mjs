import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin/nx';
import jsdoc from 'eslint-plugin-jsdoc';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { boundaries, boundariesOfSpecs } from './tools/eslint-rules/src/boundaries.ts';
import { rules } from './tools/eslint-rules/src/index.ts';

// The boundaries rule reads Nx's cached project graph, and skips itself in silence where there is none. A task of Nx
// has it; for `eslint` by hand and for editors it is made here.
if (process.env.NX_TASK_TARGET_PROJECT === undefined) {
  const nxBin = fileURLToPath(import.meta.resolve('nx/bin/nx.js'));
  execFileSync(process.execPath, [nxBin, 'show', 'projects'], { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, NX_DAEMON: 'false' } });
}

/** Tests and the helpers that only they use. */
const specs = ['**/*spec.ts', '**/src/**/testing.ts'];
/** The code that ships: services and libraries, without their tests and without what exists only for tests. */
const product = { files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'], ignores: [...specs, 'apps/platform-e2e/**', 'libs/testing/**'] };

const typed = {
  name: 'plinth/types',
  files: ['**/*.ts'],
  extends: [js.configs.recommended, tseslint.configs.recommendedTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    '@typescript-eslint/no-explicit-any': 'error',
    '@typescript-eslint/no-floating-promises': 'error',
    // A `default` that ends in assertNever may stand beside all cases, but it does not stand in for a missing one.
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { requireDefaultForNonUnion: true, considerDefaultExhaustiveForUnions: false }],
    // Leaves files with decorators alone (the base tsconfig has emitDecoratorMetadata): what Nest injects has to stay a
    // value import. There the compiler's verbatimModuleSyntax and TS1272 say which import is a type.
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/no-import-type-side-effects': 'error',
    // The compiler reports unused names already, and knows `_` prefixes.
    '@typescript-eslint/no-unused-vars': 'off',
    // `export class TenantModule {}` and a config class carry everything in their decorator or their base.
    '@typescript-eslint/no-extraneous-class': 'off',
    // An async method without await is how an interface that answers promises is met.
    '@typescript-eslint/require-await': 'off',
    eqeqeq: ['error', 'always'],
  },
};

const boundariesBite = [
  { name: 'plinth/boundaries', files: ['**/*.ts', '**/*.mjs'], plugins: { '@nx': nx }, rules: { '@nx/enforce-module-boundaries': ['error', boundaries] } },
  { name: 'plinth/boundaries-of-specs', files: specs, rules: { '@nx/enforce-module-boundaries': ['error', boundariesOfSpecs] } },
];

const houseRules = [
  {
    name: 'plinth/everywhere',
    plugins: { plinth: { rules } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { 'plinth/disabled-rule-has-reason': 'error' },
  },
  {
    name: 'plinth/product',
    ...product,
    rules: {
      'plinth/route-declares-access': 'error',
      'plinth/mutation-declares-idempotency': 'error',
      'plinth/controller-is-one-line': 'error',
      'plinth/no-query-in-controller': 'error',
      'plinth/constant-log-message': 'error',
      'plinth/no-process-env': 'error',
      'plinth/problem-from-catalogue': 'error',
      'plinth/outside-call-through-resilience': 'error',
      'plinth/unit-in-name': 'error',
      'plinth/file-name-speaks': 'error',
      'plinth/plain-type-name': 'error',
      'no-console': 'error',
    },
  },
  {
    name: 'plinth/declared',
    files: ['{apps,libs,tools}/*/src/**/*.ts'],
    // A spec may use a library that is built on its own: declared, that would be a circle in the order of builds.
    ignores: specs,
    rules: { 'plinth/workspace-import-is-declared': 'error' },
  },
  { name: 'plinth/repositories', files: ['**/*.repository.ts'], rules: { 'plinth/write-takes-tx': 'error' } },
  {
    name: 'plinth/domain',
    files: ['**/*.{service,repository,entity,errors,handler}.ts'],
    rules: { 'plinth/no-nest-exception-in-service': 'error' },
  },
  {
    name: 'plinth/environment-is-read-here',
    // libs/config defines how; an entry point hands the environment to its config class.
    files: ['libs/config/src/**/*.ts', 'apps/*/src/{main,migrate,bootstrap-operator}.ts'],
    rules: { 'plinth/no-process-env': 'off' },
  },
  {
    name: 'plinth/calls-out-by-itself',
    // resilience is the way out. Kafka and PostgreSQL are reached by their drivers, whose pools, retries and
    // deadlines kafka and database set; a breaker around them would hide the outage that readiness has to tell.
    files: ['libs/resilience/src/**/*.ts', 'libs/kafka/src/**/*.ts', 'libs/database/src/**/*.ts'],
    rules: { 'plinth/outside-call-through-resilience': 'off' },
  },
];

const documented = {
  name: 'plinth/documented',
  // Whoever calls a library reads no more of it than this: the unit, the range, what is thrown stand in no type. Apps
  // export to themselves alone, and a migration says what it is in SQL.
  files: ['libs/*/src/**/*.ts'],
  ignores: [...specs, '**/migrations.ts'],
  plugins: { jsdoc },
  rules: {
    'jsdoc/require-jsdoc': [
      'error',
      {
        publicOnly: { esm: true },
        require: { FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: true, ArrowFunctionExpression: true },
        contexts: ['TSInterfaceDeclaration'],
        checkConstructors: false,
        checkGetters: 'no-setter',
        // It would write an empty comment, and be content with that.
        enableFixer: false,
      },
    ],
  },
};

const tests = {
  name: 'plinth/specs',
  files: specs,
  rules: {
    'plinth/no-sleep-in-test': 'error',
    'no-restricted-syntax': [
      'error',
      { selector: 'MemberExpression[object.name=/^(describe|it|test)$/][property.name=/^(skip|only|todo|failing)$/]', message: 'No test is skipped, singled out or left to do.' },
      { selector: 'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]', message: 'No test is skipped or singled out.' },
    ],
    // `expect(fake.method).toHaveBeenCalled()` names a method without calling it.
    '@typescript-eslint/unbound-method': 'off',
    // Jest's asymmetric matchers (`expect.any(String)`) are typed any, and stand inside expected objects.
    '@typescript-eslint/no-unsafe-assignment': 'off',
  },
};

const rulesThemselves = {
  name: 'plinth/eslint-rules',
  files: ['tools/eslint-rules/src/**/*.ts'],
  // Node types are compared by their ESTree names; the enum of the same values would be an import at run time.
  rules: { '@typescript-eslint/no-unsafe-enum-comparison': 'off' },
};

/** Configuration and scripts in JavaScript are in no tsconfig. */
const scripts = {
  name: 'plinth/scripts',
  files: ['**/*.{js,mjs}'],
  extends: [js.configs.recommended],
  languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly', Buffer: 'readonly', setTimeout: 'readonly', clearTimeout: 'readonly' } },
};

export default defineConfig(
  // The fixtures of the lint rules and of the audit break rules on purpose.
  globalIgnores(['**/dist/', '**/coverage/', '.nx/', '.plinth/', 'tools/*/fixtures/']),
  typed,
  scripts,
  boundariesBite,
  houseRules,
  documented,
  tests,
  rulesThemselves,
);
