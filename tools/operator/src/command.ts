import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { UserError, type Say } from '@plinth/dev-stack';
import type { OperatorApi } from './operator-api.ts';

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

/** What a command is given. */
export interface Call {
  readonly api: OperatorApi;
  readonly options: OptionValues;
  readonly arguments: readonly string[];
  readonly say: Say;
  /** Prints a result: with `--json` what the API answered, else the lines. */
  readonly show: (answer: unknown, lines: () => readonly string[]) => void;
}

/** One thing that an operator can ask for; what it throws as UserError is shown as one line. The number is the exit code. */
export interface Command {
  /** What stands behind the name, as `ID --reason TEXT`. */
  readonly usage: string;
  /** A few words, for the list of commands. */
  readonly summary: string;
  readonly options?: ParseArgsOptionsConfig;
  /** How many arguments it takes; 0 where nothing is said. */
  readonly takes?: { readonly least: number; readonly most: number };
  run(call: Call): Promise<number | void>;
}

/** Commands by topic and name: a further one is a line in its topic's file, a further topic one in `cli.ts`. */
export type CommandTable = Readonly<Record<string, Readonly<Record<string, Command>>>>;

const common = { json: { type: 'boolean' }, help: { type: 'boolean' } } as const satisfies ParseArgsOptionsConfig;

/** What of the command line stands for what. */
export interface ReadCommand {
  readonly command: Command;
  readonly options: OptionValues;
  readonly arguments: readonly string[];
}

/** @returns null where help is asked for, or nothing at all. @throws UserError where there is no such command, or not so */
export function readCommand(table: CommandTable, args: readonly string[]): ReadCommand | null {
  const [topic, name, ...rest] = args;
  if (topic === undefined || args.includes('--help')) return null;
  const commands = Object.hasOwn(table, topic) ? table[topic] : undefined;
  if (commands === undefined) throw new UserError(`there is no "${topic}": one of ${Object.keys(table).join(', ')} (--help lists all)`);
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UserError(`${topic} takes one of ${Object.keys(commands).join(', ')} (--help lists all)`);
  const { values, positionals } = parsed(`${topic} ${name ?? ''}`, command, rest);
  const { least, most } = command.takes ?? { least: 0, most: 0 };
  if (positionals.length < least || positionals.length > most) throw new UserError(`usage: ${topic} ${name} ${command.usage}`);
  return { command, options: values, arguments: positionals };
}

function parsed(name: string, { options = {}, usage }: Command, args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { ...options, ...common } });
  } catch (error) {
    // Node's own words: which option is unknown, or what it lacks.
    throw new UserError(`${(error as Error).message} (usage: ${name} ${usage})`);
  }
}

/** All commands, a line each. */
export function helpOf(table: CommandTable): string {
  const lines = Object.entries(table).flatMap(([topic, commands]) => [
    '',
    ...Object.entries(commands).flatMap(([name, { usage, summary }]) => [`  ${topic} ${name} ${usage}`.trimEnd(), `      ${summary}`]),
  ]);
  return ['usage: make ctl args="TOPIC COMMAND ..."   (each takes --json)', ...lines].join('\n');
}
