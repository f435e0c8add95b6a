import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { createHttpApp } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { FeatureFlag } from './feature-flag.guard.js';
import type { FlagContext } from './flag.js';
import { Flags } from './flags.js';
import { flagFaults } from './flag-faults.js';
import { FlagsForTests } from './testing.js';

const [acme, other] = [newId(), newId()];
const owner = { tenantId: acme, targetingKey: 'u1' };

class Totals {
  constructor(private readonly flags: Flags) {}

  async title(context: FlagContext): Promise<string> {
    return (await this.flags.isOn('new-totals', context)) ? 'New totals' : 'Totals';
  }
}

@Controller('totals')
class TotalsController {
  @Get()
  @FeatureFlag('new-totals')
  read() {
    return { ok: true };
  }
}

describe('docs/guides/testing-with-flags.md', () => {
  it('sets flags for the code that asks', async () => {
    const kit = new FlagsForTests().set('new-totals', true);
    expect(await new Totals(kit.flags).title(owner)).toBe('New totals');

    kit.set('new-totals', false).setFor('new-totals', { tenants: [acme] }, true);
    expect(await new Totals(kit.flags).title({ tenantId: acme, targetingKey: 'u1' })).toBe('New totals');
    expect(await new Totals(kit.flags).title({ tenantId: other, targetingKey: 'u1' })).toBe('Totals');

    kit.away = true; // tenant-service was never reached
    expect(await new Totals(kit.flags).title(owner)).toBe('Totals');
  });

  it('sets the flag of a route', async () => {
    const kit = new FlagsForTests();

    @Module({ imports: [kit.module], controllers: [TotalsController] })
    class TotalsModule {}

    const app = await createHttpApp(TotalsModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
    await app.init();
    const read = () => app.inject({ method: 'GET', url: '/totals' });
    expect((await read()).json()).toMatchObject({ status: 404, code: 'route_not_found' });
    kit.set('new-totals', true);
    expect((await read()).statusCode).toBe(200);
    await app.close();
  });

  it('tests rules, by a clock of its own', async () => {
    const rollout = { key: 'new-totals', type: 'boolean', variants: { on: true, off: false }, defaultVariant: 'off' } as const;
    const time = { now: () => new Date('2026-12-01T00:00:00Z') };
    const { flags } = new FlagsForTests(time).define({ ...rollout, rules: [{ from: '2026-12-01T00:00:00Z', split: [{ variant: 'on', percent: 100 }] }] });
    expect(await flags.isOn('new-totals', { targetingKey: 'u1' })).toBe(true);
  });

  it('makes a flag of its own on the stack', () => {
    const body = { key: `new-totals-${newId()}`, type: 'boolean', rules: [{ tenants: [acme], variant: 'on' }] };
    const whole = { ...body, type: 'boolean' as const, version: 1, enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', salt: body.key };
    expect(flagFaults(whole)).toEqual([]);
  });

  it('says nothing that is not run here', () => {
    const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/testing-with-flags.md'), 'utf8');
    const here = readFileSync(join(import.meta.dirname, 'testing-with-flags.spec.ts'), 'utf8').split('\n').map((line) => line.trim());
    const shown = [...guide.matchAll(/^```ts\n([^]*?)^```$/gm)].flatMap(([, block]) => (block ?? '').split('\n')).map((line) => line.trim());
    expect(shown.filter((line) => line !== '').length).toBeGreaterThan(10);
    expect(shown.filter((line) => !here.includes(line))).toEqual([]);
  });
});
