import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Report } from './model.ts';

const root = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

/** As `make audit` runs it: not in Jest, whose module system has no place for the hooks that run the apps from their sources. */
async function node(script: string, ...args: string[]): Promise<void> {
  const hooks = join(import.meta.dirname, 'loading/source-hooks.ts');
  await run(process.execPath, ['--conditions=@plinth/source', '--import', hooks, join(import.meta.dirname, script), ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '' },
    maxBuffer: 64 * 1_048_576,
  });
}

/** Every `// violates: <rule>/<way>` of the fixture, as `<file>:<line> <rule>/<way>`. */
function marked(): string[] {
  return globSync('tools/audit/fixtures/violations/*/src/**/*.ts', { cwd: root }).flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, index) => (/\/\/ violates: (.+)$/.exec(line)?.[1]?.split(', ') ?? []).map((way) => `${file}:${index + 1} ${way}`)),
  );
}

function found({ violations }: Report): string[] {
  return violations.map(({ rule, way, at }) => `${at.file}:${at.line} ${rule}/${way}`);
}

describe('The audit', () => {
  let fixtures: { readonly reports: Record<'compliant' | 'violations', Report>; readonly ways: readonly string[] };
  let product: Report;
  let page: string;

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-audit-'));
    try {
      const [json, html, audited] = [join(folder, 'report.json'), join(folder, 'report.html'), join(folder, 'fixtures.json')];
      // The command fails where a rule is broken, and says how: its output is the message of the error.
      await Promise.all([node('audit-fixtures.ts', audited), node('cli.ts', '--json', json, '--html', html)]);
      fixtures = JSON.parse(readFileSync(audited, 'utf8')) as typeof fixtures;
      product = JSON.parse(readFileSync(json, 'utf8')) as Report;
      page = readFileSync(html, 'utf8');
    } finally {
      rmSync(folder, { recursive: true });
    }
  }, 600_000);

  it('finds every violation of the careless services, each at its line, and no other', () => {
    expect(found(fixtures.reports.violations).sort()).toEqual(marked().sort());
  });

  it('is shown every way of breaking every rule', () => {
    const shown = new Set(marked().map((line) => line.split(' ')[1]));
    expect(fixtures.ways.filter((way) => !shown.has(way))).toEqual([]);
  });

  it('finds nothing there that obeys', () => {
    // What libraries give every service, a route for its API document, is not the careless services' own.
    const own = fixtures.reports.violations.subjects.filter(({ at }) => at.file.startsWith('tools/audit/fixtures/violations/'));
    const checked = own.filter(({ checks }) => checks.some(({ verdict }) => verdict !== 'silent'));
    expect(checked.length).toBeGreaterThan(90);
    expect(checked.filter(({ checks }) => checks.every(({ verdict }) => verdict !== 'fail')).map(({ name }) => name)).toEqual([]);
  });

  it('raises no alarm over a service that obeys', () => {
    expect(found(fixtures.reports.compliant)).toEqual([]);
    expect(fixtures.reports.compliant.compliant.percent).toBe(100);
  });

  it('finds all apps of the product at 100 %, with evidence for each pass and a reason for each exemption', () => {
    expect(found(product)).toEqual([]);
    expect(product.compliant.percent).toBe(100);
    const apps = product.subjects.filter(({ kind }) => kind === 'application').map(({ name }) => name);
    expect(apps).toEqual(expect.arrayContaining(['ai-gateway', 'audit-service', 'gateway', 'outbox-relay', 'scheduler', 'tenant-service']));
    const checks = product.subjects.flatMap((subject) => subject.checks);
    expect(checks.filter(({ verdict, evidence }) => verdict === 'pass' && evidence.length === 0)).toEqual([]);
    expect(product.exemptions.filter(({ reason }) => reason.trim() === '')).toEqual([]);
  });

  it('proves a route by its call path, from the controller to the statement', () => {
    const route = product.subjects.find(({ kind, name }) => kind === 'route' && name === 'PATCH /v1/tenants/:id');
    const evidence = (rule: string) => route?.checks.find((check) => check.rule === rule)?.evidence.map(({ text }) => text);
    expect(evidence('idempotency')).toContain('TenantsController.update -> TenantsService.update -> Transactor.run -> TenantsRepository.save');
    expect(evidence('outbox')).toContain('TenantsController.update -> TenantsService.update -> Transactor.run -> AuditTrail.record');
    expect(evidence('capability')).toContain('before every route, in this order: IdentityGuard, AccessGuard');
    expect(evidence('pii')).toEqual(expect.arrayContaining([expect.stringMatching(/^plinth\/constant-log-message is enabled for \d+ files$/)]));
  });

  it('writes a page that needs nothing else', () => {
    expect(page).toContain('PATCH /v1/tenants/:id');
    expect(page).not.toMatch(/<(?:script|link|img|iframe)\b|\b(?:src|href)=|@import|url\(/);
  });
});
