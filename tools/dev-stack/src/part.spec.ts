import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { ensurePart, lastLines, readRecord, writeRecord, type Part } from './part.ts';
import { createHome, homeAt, logFile, type Home } from './paths.ts';
import { endProcess, identityOf, launch, lives, marker, markerVariable } from './processes.ts';

describe('ensurePart', () => {
  let home: Home;
  beforeEach(() => {
    home = homeAt(mkdtempSync(join(tmpdir(), 'plinth-part-')));
    createHome(home);
  });
  afterEach(async () => {
    const record = readRecord(home, 'sleeper');
    if (record !== undefined) await endProcess(record, 'SIGKILL', 1_000);
    rmSync(home.root, { recursive: true });
  });

  /** A process that listens nowhere; `answers` stands for its health. */
  const part = (changes: Partial<Part> = {}, script = 'exec sleep 60'): Part => ({
    name: 'sleeper',
    title: 'Sleeper',
    port: 1,
    fingerprint: 'one',
    stopSignal: 'SIGTERM',
    graceMs: 1_000,
    readyWithinMs: 2_000,
    launchAttempts: 1,
    probe: () => Promise.resolve(),
    launch: () =>
      launch({
        command: 'sh',
        args: ['-c', script],
        env: { PATH: String(process.env['PATH']), [markerVariable]: marker(home.root, 'sleeper') },
        cwd: home.root,
        logFile: logFile(home, 'sleeper'),
      }),
    unmarked: () => [],
    ...changes,
  });
  const pid = (): number | undefined => readRecord(home, 'sleeper')?.pid;

  it('starts what is missing and leaves it running the next time', async () => {
    await expect(ensurePart(home, part())).resolves.toBe('started');
    const first = pid();
    await expect(ensurePart(home, part())).resolves.toBe('kept');
    expect(pid()).toBe(first);
  });

  it('restarts what has another fingerprint', async () => {
    await ensurePart(home, part());
    const first = pid();
    await expect(ensurePart(home, part({ fingerprint: 'two' }))).resolves.toBe('restarted');
    expect(pid()).not.toBe(first);
    expect(identityOf(first ?? 0)).toBeUndefined();
  });

  it('restarts what died', async () => {
    await ensurePart(home, part());
    const record = readRecord(home, 'sleeper');
    if (record !== undefined) await endProcess(record, 'SIGKILL', 5_000);
    await expect(ensurePart(home, part())).resolves.toBe('restarted');
  });

  it('leaves a stranger alone that has the pid of a record', async () => {
    const stranger = identityOf(process.pid);
    writeRecord(home, { pid: process.pid, startTicks: 1, part: 'sleeper', port: 1, fingerprint: 'old' });
    await ensurePart(home, part());
    expect(stranger && lives(stranger)).toBe(true);
  });

  it('ends a process of the part whose record was lost', async () => {
    await ensurePart(home, part());
    const lost = pid();
    rmSync(join(home.run, 'sleeper.part.json'));
    await ensurePart(home, part());
    expect(pid()).not.toBe(lost);
    expect(identityOf(lost ?? 0)).toBeUndefined();
  });

  it('tries a start again that ended early, as often as the part allows', async () => {
    const counter = join(home.root, 'attempts');
    writeFileSync(counter, '');
    const script = `echo x >> ${counter}; [ "$(wc -l < ${counter})" -ge 2 ] && exec sleep 60`;
    const probe = async (): Promise<void> => {
      if (lastLines(counter, 9).length < 2) throw new Error('not yet');
    };
    await expect(ensurePart(home, part({ launchAttempts: 2, probe }, script))).resolves.toBe('started');
  });

  it('fails with the last lines of the log where the process ends', async () => {
    appendFileSync(logFile(home, 'sleeper'), 'a line of an earlier start\n');
    const dies = part({ probe: () => Promise.reject(new Error('refused')) }, 'echo no such file');
    const failure = await ensurePart(home, dies).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(failure).toBe(`Sleeper is not up: it ended while starting. Its log: ${logFile(home, 'sleeper')}\n  | no such file`);
  });

  it('does not take the answer of another process on its port for its own', async () => {
    const other: Server = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(ensurePart(home, part({ port, readyWithinMs: 300 }))).rejects.toThrow(`port ${port} is taken by`);
    other.close();
  });
});
