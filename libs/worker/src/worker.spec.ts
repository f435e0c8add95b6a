import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun, type WorkerOptions } from './worker.js';

type Run = (signal: AbortSignal) => Promise<NextRun>;

class SampleWorker extends Worker {
  runs = 0;
  released = 0;

  constructor(
    options: WorkerOptions,
    private readonly work: Run,
  ) {
    super(options);
  }

  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    this.runs += 1;
    return await this.work(signal);
  }

  protected override async release(): Promise<void> {
    this.released += 1;
  }
}

function setup(work: Run, over: Partial<WorkerOptions> = {}) {
  const lines: { msg: string; name?: string; attempt?: number }[] = [];
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(JSON.parse(line) as never) } });
  const metrics = new Metrics('test');
  const worker = new SampleWorker({ name: 'sample', intervalMs: 60_000, backoff: { baseMs: 1, capMs: 2 }, logger, metrics, ...over }, work);
  return {
    worker,
    lines,
    text: async () => (await metrics.text()).body,
    [Symbol.asyncDispose]: () => worker.stop(),
  };
}

describe('Worker', () => {
  it('runs at its start, and again on a hint, long before its interval', async () => {
    await using test = setup(async () => 'after_interval');
    const first = test.worker.signals.next('succeeded');
    test.worker.start();
    await first;
    const second = test.worker.signals.next('succeeded');
    test.worker.wake();
    await second;
    expect(test.worker.runs).toBe(2);
  });

  it('runs again by itself after its interval, and at once where more is waiting', async () => {
    for (const [next, intervalMs] of [['after_interval', 1], ['at_once', 60_000], [{ afterMs: 1 }, 60_000]] as const) {
      await using test = setup(async () => next, { intervalMs });
      test.worker.start();
      for (let run = 0; run < 3; run++) await test.worker.signals.next('succeeded');
    }
  });

  it('never runs twice at the same time, however many hints there are', async () => {
    let running = 0;
    let most = 0;
    await using test = setup(async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return 'after_interval';
    });
    test.worker.start();
    test.worker.start();
    for (let hint = 0; hint < 20; hint++) {
      const ran = test.worker.signals.next('succeeded');
      test.worker.wake();
      await ran;
    }
    expect(most).toBe(1);
  });

  it('tries again after failures, and logs the outage once and its end once', async () => {
    let fails = 0;
    await using test = setup(async () => {
      if (++fails <= 3) throw new Error('away');
      return 'after_interval';
    });
    const recovered = test.worker.signals.next('succeeded');
    test.worker.start();
    await recovered;
    expect(test.lines).toMatchObject([
      { msg: 'worker fails, trying again', name: 'sample' },
      { msg: 'worker works again', name: 'sample', attempt: 4 },
    ]);
  });

  it('is not hurried by hints while it waits after a failure, and remembers them', async () => {
    let failing = true;
    await using test = setup(async () => {
      if (failing) throw new Error('away');
      return 'after_interval';
    });
    const pauses: number[] = [];
    Object.assign(test.worker, { pauseAfterFailureMs: (failures: number) => (pauses.push(failures), 60_000) });
    const failed = test.worker.signals.next('failed');
    test.worker.start();
    await failed;
    for (let hint = 0; hint < 100; hint++) {
      test.worker.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    failing = false;
    expect([test.worker.runs, pauses]).toEqual([1, [1]]);
  });

  it('stops in the middle of a wait, and waits for the run in hand before it lets go of what it holds', async () => {
    await using idle = setup(async () => 'after_interval');
    const ran = idle.worker.signals.next('succeeded');
    idle.worker.start();
    await ran;
    await idle.worker.stop();
    expect([idle.worker.runs, idle.worker.released]).toEqual([1, 1]);

    const order: string[] = [];
    let begun: () => void = () => undefined;
    const inHand = new Promise<void>((resolve) => (begun = resolve));
    await using busy = setup(async (signal) => {
      begun();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      order.push('run ended');
      throw new Error('interrupted');
    });
    busy.worker.start();
    await inHand;
    await Promise.all([busy.worker.stop().then(() => order.push('stopped')), busy.worker.stop()]);
    expect(order).toEqual(['run ended', 'stopped']);
    expect([busy.worker.runs, busy.worker.released]).toEqual([1, 1]);
    // What ends by the signal is no outage.
    expect(busy.lines).toEqual([]);
  });

  it('lives from the start of the application to before its end, or past its last request where requests lean on it', async () => {
    for (const servesRequests of [false, true]) {
      await using test = setup(async () => 'at_once', { servesRequests });
      const ran = test.worker.signals.next('succeeded');
      test.worker.onApplicationBootstrap();
      await ran;
      await test.worker.beforeApplicationShutdown();
      expect(test.worker.released).toBe(servesRequests ? 0 : 1);
      await test.worker.onApplicationShutdown();
      expect(test.worker.released).toBe(1);
    }
  });

  it('counts runs by outcome, with their duration and the time of the last good one', async () => {
    let fails = 0;
    await using test = setup(async () => {
      if (++fails === 1) throw new Error('away');
      return 'after_interval';
    });
    const recovered = test.worker.signals.next('succeeded');
    const began = Date.now() / 1000;
    test.worker.start();
    await recovered;
    const text = await test.text();
    expect(text).toContain('plinth_worker_runs_total{worker="sample",outcome="failed",service="test"} 1');
    expect(text).toContain('plinth_worker_runs_total{worker="sample",outcome="succeeded",service="test"} 1');
    expect(text).toContain('plinth_worker_run_duration_seconds_count{service="test",worker="sample"} 2');
    const last = /plinth_worker_last_success_timestamp_seconds\{[^}]*\} (\S+)/.exec(text)?.[1];
    expect(Number(last)).toBeGreaterThanOrEqual(began);
  });

  it('ends an outage when a run that lasts notes its success', async () => {
    let fails = 0;
    let works: () => void = () => undefined;
    const working = new Promise<void>((resolve) => (works = resolve));
    const test = setup(async function (signal) {
      if (++fails === 1) throw new Error('away');
      (test.worker as unknown as { noteSuccess(): void }).noteSuccess();
      works();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return 'at_once';
    });
    test.worker.start();
    await working;
    expect(test.lines.map(({ msg }) => msg)).toEqual(['worker fails, trying again', 'worker works again']);
    await test.worker.stop();
  });
});
