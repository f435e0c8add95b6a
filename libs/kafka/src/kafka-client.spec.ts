import { Logger } from '@plinth/logging';
import { createKafka } from './kafka-client.js';

const closedPort = '127.0.0.1:1';

describe('createKafka', () => {
  // The filter is laid around whatever stands here when the first client of the process is created.
  const original = process.emitWarning;
  const warned: unknown[][] = [];

  beforeAll(() => {
    process.emitWarning = (...args: unknown[]) => void warned.push(args);
    createKafka({ brokers: [closedPort], clientId: 'spec', logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
  });
  afterAll(() => {
    process.emitWarning = original;
  });

  it('fails within seconds where no broker listens, and logs it at debug level as one JSON object a line', async () => {
    const lines: string[] = [];
    const logger = Logger.create({ service: 'test', level: 'debug', format: 'json', destination: { write: (line) => void lines.push(line) } });
    const admin = createKafka({ brokers: [closedPort], clientId: 'spec', logger, retries: 0 }).admin();
    await expect(admin.connect()).rejects.toThrow();
    await admin.disconnect();
    const entries = lines.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(entries.length).toBeGreaterThan(0);
    expect(new Set(entries.map((entry) => entry.msg))).toEqual(new Set(['kafkajs']));
    expect(new Set(entries.map((entry) => entry.level))).toEqual(new Set([20]));
  });

  it('drops the warning of negative timeouts and no other', () => {
    process.emitWarning('-1 is a negative number', 'TimeoutNegativeWarning');
    process.emitWarning('something else', 'SpecWarning');
    expect(warned).toEqual([['something else', 'SpecWarning']]);
  });
});
