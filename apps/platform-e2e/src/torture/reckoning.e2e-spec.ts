import { eventually } from '@plinth/testing';
import { runningStack } from '../stack.js';
import { arrivalOf, conservationOf } from './conservation.js';
import { WriteLoad } from './write-load.js';

/** What the torture tests stand on: a reckoning that would not see a loss would pass whatever happens. */
describe('the reckoning of a load', () => {
  const stack = runningStack();
  let load: WriteLoad;

  beforeEach(async () => {
    load = new WriteLoad(stack.gateway, [await stack.newTenant()], { writersPerTenant: 2, paceMs: 10 });
    load.start();
    await eventually(() => expect(load.answered.length).toBeGreaterThan(8)).finally(() => load.finish(10_000));
    await arrivalOf(stack, load, 20_000);
  });

  it('finds nothing where nothing happened', async () => {
    expect(await conservationOf(stack, load)).toEqual({
      answered: load.writes.length,
      ...{ unanswered: [], lost: [], doubled: [], disordered: [] },
      duplicates: expect.any(Number),
    });
    expect(load.violations).toEqual([]);
  });

  it('finds what is missing, what is double, and a gap, wherever it is', async () => {
    const [first, second, third, fourth] = load.answered;
    const tenantId = load.tenantIds[0];
    await stack.tamper('DELETE FROM audit.entry WHERE trace_id = $1', [first?.traceId]);
    await stack.tamper('UPDATE audit.entry SET trace_id = $1 WHERE trace_id = $2', [third?.traceId, second?.traceId]);
    await stack.tamper(`DELETE FROM tenancy.event_outbox WHERE event_type = 'tenant.updated' AND split_part(traceparent, '-', 2) = $1`, [fourth?.traceId]);
    await stack.tamper('UPDATE tenancy.tenant SET version = version + 1 WHERE id = $1', [tenantId]);

    const { lost, doubled, disordered } = await conservationOf(stack, load);
    const named = (write: typeof first, what: string): unknown => expect.stringMatching(new RegExp(`^${write?.member} = ${write?.value} .*${what}`));
    expect(lost).toEqual([
      named(fourth, 'no tenant.updated in the outbox'),
      named(first, 'no entries in the audit trail'),
      named(second, 'no entries in the audit trail'),
    ]);
    expect(doubled).toEqual([
      expect.stringContaining(`${load.writes.length} writes were answered, ${load.writes.length + 1} changes were made`),
      expect.stringMatching(/^tenant.updated .* is in Kafka and in no outbox$/),
      named(third, '2 entries in the audit trail'),
    ]);
    expect(disordered).toEqual([expect.stringContaining('aggregate versions'), expect.stringContaining('audit entries')]);
  });
});
