import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const rules = readFileSync(resolve(root, 'deploy/prometheus/plinth.rules.yml'), 'utf8');
const registered = new Set([...readFileSync(resolve(root, 'docs/metrics.md'), 'utf8').matchAll(/^\| `(plinth_[a-z0-9_]+)`/gm)].map(([, name]) => name));
const alerts = rules.split(/^ +- alert: /m).slice(1);

/** The generated page of metrics is held against the tables by its own test. */
describe('the alert rules', () => {
  it('name metrics that are registered, and no others', () => {
    const named = new Set([...rules.matchAll(/\bplinth_[a-z0-9_]+\b/g)].map(([name]) => name));
    expect(named.size).toBeGreaterThan(4);
    expect([...named].filter((name) => !registered.has(name))).toEqual([]);
  });

  it('have a name of their own, an expression, a severity and a runbook that is there', () => {
    const names = alerts.map((alert) => alert.split('\n')[0]);
    expect(new Set(names).size).toBe(names.length);
    for (const alert of alerts) {
      expect(alert).toMatch(/^ +expr: /m);
      expect(alert).toMatch(/severity: (warning|critical)/);
      const [, runbook = ''] = /runbook: (\S+)/.exec(alert) ?? [];
      expect(runbook).toMatch(/^docs\/runbooks\//);
      expect(existsSync(resolve(root, runbook))).toBe(true);
    }
  });
});
