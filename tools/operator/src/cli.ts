import { runCommand, say } from '@plinth/dev-stack';
import { helpOf, readCommand, type CommandTable } from './command.ts';
import { deadLetters } from './dead-letters.ts';
import { outbox } from './outbox.ts';
import { openSession } from './session.ts';

const table: CommandTable = { 'dead-letters': deadLetters, outbox };

await runCommand(async () => {
  const read = readCommand(table, process.argv.slice(2));
  if (read === null) return say(helpOf(table));
  const { command, options, arguments: args } = read;
  const show = (answer: unknown, lines: () => readonly string[]) => say(options['json'] === true ? JSON.stringify(answer, null, 2) : lines().join('\n'));
  // With --json nothing but JSON is printed, so that a program can read it.
  return await command.run({ api: openSession(), options, arguments: args, show, say: options['json'] === true ? () => undefined : say });
});
