import { jest } from '@jest/globals';
import { guardProcess } from './guard-process.js';
import { Logger } from './logger.js';

describe('guardProcess', () => {
  const events = ['uncaughtException', 'warning'] as const;
  const before = new Map(events.map((event) => [event, process.listeners(event as 'warning')]));
  const lines: string[] = [];
  const last = () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
  let exit: jest.SpiedFunction<typeof process.exit>;

  beforeAll(() => {
    exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
    guardProcess(Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(line) } }));
  });

  afterAll(() => {
    exit.mockRestore();
    for (const [event, listeners] of before) {
      process.removeAllListeners(event);
      for (const listener of listeners) process.on(event, listener);
    }
  });

  it('ends the process with one line for an error that nobody caught, without its message', () => {
    process.emit('uncaughtException', new TypeError('jane@mail.example'));
    expect(last()).toMatchObject({ level: 50, error: { type: 'TypeError' } });
    expect(lines.at(-1)).not.toContain('jane');
    expect(exit).toHaveBeenCalledWith(1);
  });

  it('makes a line of a warning of the runtime, in the place of what Node prints', () => {
    process.emit('warning', Object.assign(new Error('jane@mail.example'), { name: 'DeprecationWarning', code: 'DEP0001' }));
    expect(last()).toMatchObject({ level: 40, error: { type: 'DeprecationWarning', code: 'DEP0001' } });
    expect(lines.at(-1)).not.toContain('jane');
    expect(process.listeners('warning')).toHaveLength(1);
  });
});
