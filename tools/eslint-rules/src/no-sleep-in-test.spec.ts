import { noSleepInTest } from './no-sleep-in-test.ts';
import { testRule } from './testing.ts';

testRule('no-sleep-in-test', noSleepInTest, {
  passes: [
    { name: 'waiting for an outcome passes', code: 'await eventually(() => expect(seen).toHaveLength(1));' },
    { name: "Jest's time limit and fake timers pass", code: 'jest.setTimeout(30_000); jest.useFakeTimers(); jest.advanceTimersByTime(100);' },
    { name: 'a fake server that answers late passes', code: 'server.on("request", (_, response) => { setTimeout(() => response.end(), 50); });' },
    { name: 'a signal passes', code: 'await worker.signals.idle.wait();' },
  ],
  fails: [
    { name: 'a promise over setTimeout is reported', code: 'await new Promise((resolve) => setTimeout(resolve, 100));', reports: ['sleep'] },
    { name: 'a promise over globalThis.setTimeout is reported', code: 'await new Promise((r) => globalThis.setTimeout(r, 100));', reports: ['sleep'] },
    { name: 'a timer that settles a promise made elsewhere is reported', code: 'setTimeout(gate.resolve, 100); setTimeout(resolve, 100);', reports: ['sleep', 'sleep'] },
    { name: 'a timer that ends the test is reported', code: "it('ends', (done) => { setTimeout(() => { expect(seen).toBe(1); done(); }, 100); });", reports: ['sleep'] },
    { name: 'a promisified timer is reported', code: 'const later = promisify(setTimeout);', reports: ['sleep'] },
    { name: 'the promised timer is reported', code: "import { setTimeout as pauseFor } from 'node:timers/promises';\nawait work;", reports: ['sleep'] },
    { name: 'a late import of it is reported', code: "const { setTimeout: s } = await import('timers/promises');", reports: ['sleep'] },
    { name: 'a sleep of our own is reported', code: 'await sleep(100);', reports: ['sleep'] },
    { name: 'a renamed delay is reported', code: "import { delay as d } from './x.js';\nawait d(5);", reports: ['sleep'] },
    { name: 'a blocking wait is reported', code: 'Atomics.wait(cell, 0, 0, 100);', reports: ['sleep'] },
  ],
});
