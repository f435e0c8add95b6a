import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import type { FlagDefinition } from './flag.js';
import { FlagEvaluator } from './flag-evaluator.js';
import { FlagOverrides } from './flag-overrides.js';

const flag: FlagDefinition = {
  ...{ key: 'new-trail', type: 'boolean', version: 1, enabled: true, defaultVariant: 'off', offVariant: 'off', salt: 'new-trail' },
  variants: { on: true, off: false },
  rules: [{ until: '2026-11-27T12:00:00Z', variant: 'on' }],
};

function setup(overrides: Record<string, string> = {}, now = '2026-11-27T11:00:00Z') {
  const lines: string[] = [];
  const metrics = new Metrics('test');
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(line) } });
  const evaluator = new FlagEvaluator({ overrides: FlagOverrides.of(overrides), logger, metrics, clock: { now: () => new Date(now) } });
  return { evaluator, lines, text: async () => (await metrics.text()).body };
}

describe('FlagEvaluator', () => {
  it('evaluates by its clock, and counts by reason', async () => {
    const { evaluator, text } = setup();
    expect(evaluator.evaluate(flag, {})).toMatchObject({ value: true, reason: 'TARGETING_MATCH' });
    expect(setup({}, '2026-11-27T12:00:00Z').evaluator.evaluate(flag, {})).toMatchObject({ value: false, reason: 'DEFAULT' });
    expect(await text()).toMatch(/plinth_flag_evaluations_total\{[^}]*reason="TARGETING_MATCH"[^}]*\} 1/);
  });

  it('takes what the environment says before rules and switch', () => {
    const { evaluator } = setup({ 'new-trail': 'false', 'other-flag': 'true' });
    expect(evaluator.evaluate(flag, {})).toEqual({ value: false, reason: 'STATIC' });
    expect(setup({ 'new-trail': 'true' }).evaluator.evaluate({ ...flag, enabled: false }, {})).toEqual({ value: true, reason: 'STATIC' });
  });

  it('goes by the flag where the environment says what it cannot be: counted each time, told once, without the value', async () => {
    const { evaluator, lines, text } = setup({ 'new-trail': 's3cret' });
    for (let count = 0; count < 3; count += 1) expect(evaluator.evaluate(flag, {})).toMatchObject({ value: true, reason: 'TARGETING_MATCH' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('new-trail');
    expect(lines[0]).not.toContain('s3cret');
    expect(await text()).toMatch(/plinth_flag_overrides_ignored_total(\{[^}]*\})? 3/);
  });
});
