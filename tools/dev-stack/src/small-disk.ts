import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** Root of a user namespace may mount; nobody outside sees it. */
const inNamespace = ['unshare', '--user', '--map-root-user', '--mount'] as const;
const shell = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && exec sh';

/** Whether this machine lets us mount in a namespace of our own; containers and hardened kernels may not. */
export function canMountSmallDisk(): boolean {
  const [command, ...args] = inNamespace;
  return spawnSync(command, [...args, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' }).status === 0;
}

/**
 * A file system of a few megabytes on a folder, for faults of a full disk. It is seen in a mount namespace
 * alone, which a shell holds open; what `run` starts there may outlive the shell.
 */
export class SmallDisk {
  private readonly shell: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly folder: string;

  constructor(folder: string, mib: number) {
    const [command, ...args] = inNamespace;
    this.folder = folder;
    this.shell = spawn(command, [...args, 'sh', '-c', shell, 'sh', `${mib}m`, folder]);
    this.shell.stderr.pipe(process.stderr);
    this.lines = createInterface({ input: this.shell.stdout });
  }

  /** Runs a line of shell there. @throws Error where its exit code is not 0 */
  async run(line: string): Promise<void> {
    const answered = new Promise<string>((resolve, reject) => {
      this.lines.once('line', resolve);
      this.lines.once('close', () => reject(new Error('the shell of the small disk has ended')));
    });
    this.shell.stdin.write(`{ ${line}; } >&2; echo $?\n`);
    const code = await answered;
    if (code !== '0') throw new Error(`"${line}" ended with ${code}`);
  }

  /** Leaves not a byte, however little was left before. */
  async fill(): Promise<void> {
    await this.run(`dd if=/dev/zero of=${this.folder}/filler bs=4k 2>/dev/null; test -s ${this.folder}/filler`);
  }

  async free(): Promise<void> {
    await this.run(`rm ${this.folder}/filler`);
  }

  close(): void {
    this.shell.stdin.end();
  }
}
