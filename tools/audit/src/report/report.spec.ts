import type { AuditedSubject, Check, Verdict, Violation } from '../model.ts';
import { pageOf } from './page.ts';
import { report } from './report.ts';
import { tableOf } from './table.ts';

const violation: Violation = { rule: 'pii', way: 'console', at: { file: 'apps/a/src/b.ts', line: 7 }, detail: 'console.log <b>', remedy: 'Use the Logger.' };

function check(verdict: Verdict, violations: readonly Violation[] = []): Check {
  return { rule: 'pii', verdict, evidence: verdict === 'pass' ? [{ kind: 'lint', text: 'no-console' }] : [], violations, exemptions: [] };
}

function subject(module: string, ...checks: Check[]): AuditedSubject {
  return { kind: 'route', app: 'a', module, name: `GET /${module}`, at: { file: 'apps/a/src/b.ts', line: 1 }, checks };
}

describe('report', () => {
  it('counts checks by rule and module, and subjects that break none', () => {
    const { rules, modules, compliant } = report('t', [subject('a/x', check('pass')), subject('a/x', check('fail', [violation])), subject('a/y', check('exempt')), subject('a/z', check('silent'))]);
    expect(rules.pii).toEqual({ passed: 2, total: 3, percent: 66 });
    expect(modules['a/x']?.pii).toEqual({ passed: 1, total: 2, percent: 50 });
    expect(compliant).toEqual({ passed: 2, total: 3, percent: 66 });
  });

  it('says 100 % only where nothing fails, however little does', () => {
    const passes = Array.from({ length: 999 }, () => subject('a/x', check('pass')));
    expect(report('t', [...passes, subject('a/x', check('fail', [violation]))]).rules.pii.percent).toBe(99);
    expect(report('t', passes).rules.pii.percent).toBe(100);
  });

  it('tells a mistake once, though it breaks the rule for several subjects', () => {
    expect(report('t', [subject('a/x', check('fail', [violation])), subject('a/y', check('fail', [{ ...violation, detail: 'again' }]))]).violations).toEqual([violation]);
  });

  it('is shown as a table with the place and the remedy of each violation', () => {
    const text = tableOf(report('t', [subject('a/x', check('fail', [violation]), check('pass'))]), ['pii']);
    expect(text).toMatch(/^module\s+6 pii\na\/x\s+1\/2 50%\nall\s+1\/2 50%\n/);
    expect(text).toContain('apps/a/src/b.ts:7  pii/console\n    console.log <b>\n    Use the Logger.');
    expect(text).toMatch(/t: 0 of 1 obey every rule that concerns them: 0 %, 1 violations, 0 documented exemptions$/);
  });

  it('is shown as a page, in which the source stands as text', () => {
    const page = pageOf(report('t', [subject('a/x', check('fail', [violation]))]));
    expect(page).toContain('console.log &lt;b&gt;');
    expect(page).toContain('apps/a/src/b.ts:7');
  });
});
