/**
 * Audits both fixtures and writes `{ reports: { "<fixture>": <report> }, ways: [<rule>/<way>] }` to the file that is named (its standard
 * output is the fixtures'). A process of its own: apps are run from their sources by hooks
 * that Jest's module system has no place for, and ESLint's configuration does not load in it.
 */
import { writeFileSync } from 'node:fs';
import { runAudit } from './audit.ts';
import { compliant, violations } from './fixtures.ts';
import { shutNetwork } from './loading/no-network.ts';
import { rules } from './rules/index.ts';
import { House } from './source/house.ts';
import { Lint } from './source/lint.ts';
import { Workspace } from './source/workspace.ts';

const [, , file] = process.argv;
if (file === undefined) throw new Error('usage: audit-fixtures.ts FILE');
shutNetwork();
const targets = [await compliant(), await violations()];
const files = new Set(targets.flatMap(({ audited, libraries }) => [...audited, ...libraries]));
const [{ root }] = targets as [(typeof targets)[0]];
const workspace = new Workspace(root, [...files]);
const house = new House(workspace);
const lint = await Lint.read(workspace, (file) => targets.reduce((path, { lintedAs }) => lintedAs(path), file));
const reports: Record<string, unknown> = {};
for (const target of targets) reports[target.name] = await runAudit(target, { workspace, house, lint });
const ways = rules.flatMap(({ name, ways: known }) => Object.keys(known).map((way) => `${name}/${way}`));
writeFileSync(file, JSON.stringify({ reports, ways }));
