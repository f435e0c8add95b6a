import { readArguments } from './arguments.ts';
import { ruleNames } from './model.ts';

describe('readArguments', () => {
  const read = (...args: string[]) => readArguments(args, '.plinth/audit');

  it('asks for all rules and no file where nothing is said', () => {
    expect(read()).toEqual({ rules: ruleNames, module: undefined, json: undefined, html: undefined, evidence: false });
  });

  it('takes a rule by its number or its name', () => {
    expect(read('--rule', '4').rules).toEqual(['outbox']);
    expect(read('--rule', 'pii').rules).toEqual(['pii']);
  });

  it('writes to a path of its own, or to one that is given', () => {
    expect(read('--json', '--html', 'there.html')).toMatchObject({ json: '.plinth/audit/report.json', html: 'there.html' });
    expect(read('--html', '--module', 'gateway')).toMatchObject({ html: '.plinth/audit/report.html', module: 'gateway' });
  });

  it.each([[['--rule', '9']], [['--rule', 'toString']], [['--colour']], [['stray']]])('refuses %j', (args) => {
    expect(() => read(...args)).toThrow();
  });
});
