import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ServiceName } from '@plinth/contracts';
import { eventually } from './eventually.js';

const apps = join(import.meta.dirname, '../../../apps');
const startsWithinMs = 60_000;

/** A built service in a process of its own, for what happens to processes: SIGKILL, replicas. */
export class ServiceProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /**
   * Starts the service's build, and waits until it answers.
   *
   * @param environment what the service's configuration needs but for `PORT`, which is a free one
   * @throws Error with its output where it does not start
   */
  static async start(service: ServiceName, environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const port = await freePort();
    const child = spawn(process.execPath, [join(apps, service, 'dist/main.js')], { env: { ...environment, PORT: String(port) }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const started = new ServiceProcess(`http://127.0.0.1:${port}`, child);
    try {
      await eventually(() => started.requireReady(), { withinMs: startsWithinMs });
      if (started.hasEnded) throw new Error('the process has ended');
    } catch (error) {
      await started.kill();
      throw new Error(`${service} did not start (is it built?):\n${output}`, { cause: error });
    }
    return started;
  }

  /** kill -9; resolves when the process is gone. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM; resolves with its exit code when the process is gone. */
  async stop(): Promise<number | null> {
    await this.end('SIGTERM');
    return this.child.exitCode;
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private async requireReady(): Promise<void> {
    if (this.hasEnded) return; // waiting longer changes nothing
    const { status } = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
    if (status !== 200) throw new Error(`/health/ready answered ${status}`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
