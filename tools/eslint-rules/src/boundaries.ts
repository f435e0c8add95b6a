import { services } from '@plinth/contracts/services';

interface Constraint {
  readonly sourceTag: string;
  readonly onlyDependOnLibsWithTags: readonly string[];
  readonly bannedExternalImports?: readonly string[];
  readonly allowedExternalImports?: readonly string[];
}

/** Each of these has one library that wraps it: its settings, its faults and its telemetry are decided there. */
const wrapped = ['kafkajs', 'pg', 'pg-*', 'opossum', 'pino', 'pino-*', 'prom-client', 'undici'];

/** Contracts outlive frameworks: whoever reads an event or a topic needs none. */
const frameworks = [
  ...['@nestjs/*', 'fastify', '@fastify/*', 'typeorm', 'rxjs', 'reflect-metadata'],
  ...['class-validator', 'class-transformer', ...wrapped],
];

function dependencyRules(testing: readonly string[]): readonly Constraint[] {
  return [
    {
      sourceTag: 'type:app',
      onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:util', ...testing],
      bannedExternalImports: wrapped,
    },
    { sourceTag: 'type:platform', onlyDependOnLibsWithTags: ['type:platform', 'type:contract', 'type:util', ...testing] },
    { sourceTag: 'type:contract', onlyDependOnLibsWithTags: ['type:util', ...testing], bannedExternalImports: frameworks },
    // Node's own modules are not packages, and so are not meant by "no external import".
    { sourceTag: 'type:util', onlyDependOnLibsWithTags: testing, ...(testing.length === 0 ? { allowedExternalImports: [] } : {}) },
    { sourceTag: 'type:testing', onlyDependOnLibsWithTags: ['type:testing', 'type:platform', 'type:contract', 'type:util'] },
    // End to end tests start and break parts of the stack by the tool that runs it.
    { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['type:tool', 'type:testing', 'type:platform', 'type:contract', 'type:util'] },
    { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:tool', 'type:testing', 'type:platform', 'type:contract', 'type:util'] },
    { sourceTag: 'scope:shared', onlyDependOnLibsWithTags: ['scope:shared'] },
    { sourceTag: 'scope:tools', onlyDependOnLibsWithTags: ['scope:tools', 'scope:shared'] },
    { sourceTag: 'scope:platform-e2e', onlyDependOnLibsWithTags: ['scope:platform-e2e', 'scope:tools', 'scope:shared'] },
    // A service sees itself and what is shared, so none reaches into another.
    ...services.map(({ name }) => ({
      sourceTag: `scope:${name}`,
      onlyDependOnLibsWithTags: [`scope:${name}`, 'scope:shared'],
    })),
  ];
}

/** Options of `@nx/enforce-module-boundaries`. A project that matches no constraint may depend on nothing. */
export const boundaries = {
  allow: [],
  enforceBuildableLibDependency: true,
  banTransitiveDependencies: true,
  depConstraints: dependencyRules([]),
};

/** The same for spec files: they may use `libs/testing`, even those of the libraries that it is itself built on. */
export const boundariesOfSpecs = {
  ...boundaries,
  depConstraints: dependencyRules(['type:testing']),
  ignoredCircularDependencies: [['@plinth/testing', '*']],
};
