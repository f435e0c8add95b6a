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

/** Runs a command's main function: a UserError is one line, anything else is a defect and shows its stack. */
export async function runCommand(main: () => Promise<number | void>): Promise<void> {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    process.stderr.write(error instanceof UserError ? `plinth: ${error.message}\n` : `${(error as Error).stack ?? String(error)}\n`);
    process.exitCode = 1;
  }
}
