import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endProcess, findMarked, identityOf, lives, marker, markerVariable, parseIdentity } from './processes.ts';

const stat = '4711 (node (odd) name) S 1 4711 4711 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 987654 1 2';

describe('parseIdentity', () => {
  it('finds the start time behind a command name with spaces and parentheses', () => {
    expect(parseIdentity(4711, stat)).toEqual({ pid: 4711, startTicks: 987654 });
  });

  it('takes a zombie for gone', () => {
    expect(parseIdentity(4711, stat.replace(') S ', ') Z '))).toBeUndefined();
  });
});

describe('a process', () => {
  const sleeper = async (env: NodeJS.ProcessEnv = {}): Promise<number> => {
    const child = spawn('sleep', ['60'], { env: { PATH: process.env['PATH'], ...env }, stdio: 'ignore' });
    await once(child, 'spawn');
    return child.pid as number;
  };

  it('with the pid of a recorded one and another start time is not that one, and is left alone', async () => {
    const pid = await sleeper();
    const identity = identityOf(pid);
    expect(identity).toBeDefined();
    if (identity === undefined) return;
    const reused = { pid, startTicks: identity.startTicks - 1 };
    expect(lives(identity)).toBe(true);
    expect(lives(reused)).toBe(false);
    await expect(endProcess(reused, 'SIGKILL', 1_000)).resolves.toBe(true);
    expect(lives(identity)).toBe(true);
    await expect(endProcess(identity, 'SIGTERM', 5_000)).resolves.toBe(true);
    expect(lives(identity)).toBe(false);
  });

  it('is found by the marker of its home, and not by that of a home whose path begins alike', async () => {
    const home = `/nowhere/${process.pid}`;
    const pid = await sleeper({ [markerVariable]: marker(home, 'gateway') });
    expect(findMarked(home)).toEqual([expect.objectContaining({ pid, part: 'gateway' })]);
    expect(findMarked(home.slice(0, -1))).toEqual([]);
    process.kill(pid, 'SIGKILL');
  });

  it('that was stopped ends all the same', async () => {
    const pid = await sleeper();
    const identity = identityOf(pid);
    process.kill(pid, 'SIGSTOP');
    expect(identity && (await endProcess(identity, 'SIGTERM', 5_000))).toBe(true);
  });
});
