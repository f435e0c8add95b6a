import { spawn } from 'node:child_process';
import { basename, join } from 'node:path';
import { filesIn } from './files.ts';
import { say, UserError } from './output.ts';
import { lastLines } from './part.ts';
import { homeAt } from './paths.ts';

/**
 * Prints the last lines of one part's log, or of all; with `follow`, goes on until interrupted.
 *
 * @throws UserError where there is no such log, with the names there are
 */
export async function showLogs(path: string, part: string | undefined, follow: boolean): Promise<number> {
  const { logs } = homeAt(path);
  const names = filesIn(logs).filter((name) => name.endsWith('.log')).map((name) => basename(name, '.log')).sort();
  if (names.length === 0) throw new UserError(`there are no logs in ${logs}: nothing was started yet (make up)`);
  if (part !== undefined && !names.includes(part)) throw new UserError(`there is no log of "${part}": s= takes one of ${names.join(', ')}`);
  const files = (part === undefined ? names : [part]).map((name) => join(logs, `${name}.log`));
  if (follow) return followFiles(files, part === undefined ? 5 : 50);
  for (const file of files) {
    const lines = lastLines(file, part === undefined ? 10 : 200);
    if (files.length > 1) say(`==> ${file} <==`);
    for (const line of lines) say(line);
  }
  return 0;
}

/** tail knows about rotated and not yet existing files. */
function followFiles(files: readonly string[], lines: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const tail = spawn('tail', ['-n', String(lines), '-F', ...files], { stdio: 'inherit' });
    // Ctrl-C ends tail, and so us, without an error.
    process.once('SIGINT', () => tail.kill());
    tail.once('error', reject);
    tail.once('exit', () => resolve(0));
  });
}
