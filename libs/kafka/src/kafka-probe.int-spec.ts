import { eventually, testKafkaBrokers } from '@plinth/testing';
import { KafkaProbe } from './kafka-probe.js';
import { createServer, type Socket } from 'node:net';
import { openDoor, testKafka } from './testing.js';

const noCache = { cacheMs: 0 };

describe('KafkaProbe', () => {
  it('tells of a broker that answers, over one connection', async () => {
    const probe = new KafkaProbe(testKafka(testKafkaBrokers()), noCache);
    expect(await probe.check()).toEqual({ up: true });
    const startedAt = performance.now();
    expect(await probe.check()).toEqual({ up: true });
    expect(performance.now() - startedAt).toBeLessThan(200);
    await probe.close();
  });

  it('tells of one that is away, and of its return', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    await door.shut();
    const probe = new KafkaProbe(testKafka([door.address]), noCache);
    expect(await probe.check()).toEqual({ up: false, error: 'ECONNREFUSED' });
    await door.open();
    await eventually(async () => expect(await probe.check()).toEqual({ up: true }));
    await probe.close();
    await door.shut();
  });

  it('answers within its time limit where the broker accepts and says nothing', async () => {
    const silent = await silentServer();
    const probe = new KafkaProbe(testKafka([silent.address]), { ...noCache, timeoutMs: 200 });
    const startedAt = performance.now();
    expect(await probe.check()).toEqual({ up: false, error: 'timeout' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await silent.close();
    await probe.close();
  });

  it('asks once for many callers, and re-uses the answer', async () => {
    const door = await openDoor(testKafkaBrokers()[0] ?? '');
    const probe = new KafkaProbe(testKafka([door.address]), { cacheMs: 60_000 });
    const answers = await Promise.all(Array.from({ length: 10 }, () => probe.check()));
    expect(new Set(answers).size).toBe(1);
    await door.shut();
    expect(await probe.check()).toEqual({ up: true });
    await probe.close();
  });
});

/** A door to nowhere: connections are taken and never answered. */
async function silentServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  return {
    address,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
