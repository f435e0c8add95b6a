import { defineMetrics } from './metric-definition.js';
import { Metrics } from './metrics.js';

const table = defineMetrics({
  calls: { name: 'plinth_calls_total', kind: 'counter', help: 'Calls.', labels: ['route'] },
  depth: { name: 'plinth_depth_rows', kind: 'gauge', help: 'Depth.', labels: [] },
  took: { name: 'plinth_took_seconds', kind: 'histogram', help: 'Took.', labels: ['route'], buckets: [0.1, 1] },
});

describe('Metrics', () => {
  it('prints what was counted, set and observed, with the service and the help', async () => {
    const metrics = new Metrics('gateway');
    const { calls, depth, took } = metrics.of(table);
    calls.add({ route: '/a' });
    calls.add({ route: '/a' }, 2);
    depth.set({}, 7);
    took.observe({ route: '/a' }, 0.5);
    const { body } = await metrics.text();
    expect(body).toContain('# HELP plinth_calls_total Calls.');
    expect(body).toContain('plinth_calls_total{route="/a",service="gateway"} 3');
    expect(body).toContain('plinth_depth_rows{service="gateway"} 7');
    expect(body).toContain('plinth_took_seconds_bucket{le="1",service="gateway",route="/a"} 1');
  });

  it('gives one instrument for one name, and keeps applications in one process apart', async () => {
    const [one, other] = [new Metrics('one'), new Metrics('other')];
    one.of(table).calls.add({ route: '/a' });
    one.of(table).calls.add({ route: '/a' });
    expect((await one.text()).body).toContain('plinth_calls_total{route="/a",service="one"} 2');
    expect((await other.text()).body).not.toContain('plinth_calls_total{route');
  });

  it('asks for values before a scrape, and prints the rest where one of them cannot be had', async () => {
    const metrics = new Metrics('gateway');
    const { depth } = metrics.of(table);
    metrics.beforeScrape(() => Promise.reject(new Error('database is away')));
    metrics.beforeScrape(() => depth.set({}, 3));
    expect((await metrics.text()).body).toContain('plinth_depth_rows{service="gateway"} 3');
  });
});
