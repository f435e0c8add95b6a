/** A failure that a person can mend: its message is one line (what, whose, how to mend it), shown without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}

/** Prints one line of progress. */
export type Say = (line: string) => void;

export const say: Say = (line) => {
  process.stdout.write(`${line}\n`);
};

export const quiet: Say = () => undefined;

/** `1.2 s` since a `performance.now()` stamp. */
export function secondsSince(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}

/** What a machine, and not this program, did to a file, as one line; undefined for any other error. */
export function storageFault(error: unknown): string | undefined {
  const { code, path } = (error ?? {}) as { code?: unknown; path?: unknown };
  const where = typeof path === 'string' ? path : 'the home';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full (writing ${where}): free some space, or choose another folder with PLINTH_HOME; then make up again`;
    case 'EROFS':
      return `${where} cannot be written, its file system is read-only: choose another folder with PLINTH_HOME`;
    case 'EACCES':
    case 'EPERM':
      return `${where} may not be read or written by user ${process.getuid?.()}: run as its owner, give the rights back, or choose another folder with PLINTH_HOME`;
    default:
      return undefined;
  }
}

/** Runs a command's main function: a UserError, and what the machine refuses, is one line, anything else is a defect and shows its stack. */
export async function runCommand(main: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    const line = error instanceof UserError ? error.message : storageFault(error);
    process.stderr.write(line === undefined ? `${(error as Error).stack ?? String(error)}\n` : `plinth: ${line}\n`);
    process.exitCode = 1;
  }
}
