/** `make audit`: proves the eight rules over the real routes. Exit code 1 under 100 %, 2 for arguments that are none. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { readArguments, usage, type AuditArguments } from './arguments.ts';
import { runAudit, UnknownModule } from './audit.ts';
import { shutNetwork } from './loading/no-network.ts';
import { evidenceOf } from './report/evidence.ts';
import { pageOf } from './report/page.ts';
import { tableOf } from './report/table.ts';
import { repository, repositoryRoot } from './repository.ts';
import { House } from './source/house.ts';
import { Lint } from './source/lint.ts';
import { Workspace } from './source/workspace.ts';

const outputFolder = '.plinth/audit';

async function audit({ rules, module, json, html, evidence }: AuditArguments): Promise<number> {
  shutNetwork();
  const target = await repository();
  const workspace = new Workspace(target.root, [...target.audited, ...target.libraries]);
  const parts = { workspace, house: new House(workspace), lint: await Lint.read(workspace, target.lintedAs) };
  const report = await runAudit(target, parts, { rules, module });
  if (evidence) say(`${evidenceOf(report)}\n`);
  say(tableOf(report, rules));
  if (json !== undefined) write(json, JSON.stringify(report, null, 2));
  if (html !== undefined) write(html, pageOf(report));
  return report.violations.length > 0 ? 1 : 0;
}

function write(path: string, text: string): void {
  const file = resolve(repositoryRoot, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  say(`written: ${path}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

let wanted: AuditArguments;
try {
  wanted = readArguments(process.argv.slice(2), outputFolder);
} catch (error) {
  process.stderr.write(`audit: ${(error as Error).message}\n${usage}\n`);
  process.exit(2);
}
try {
  process.exitCode = await audit(wanted);
} catch (error) {
  if (!(error instanceof UnknownModule)) throw error;
  process.stderr.write(`audit: ${error.message}\n`);
  process.exitCode = 2;
}
