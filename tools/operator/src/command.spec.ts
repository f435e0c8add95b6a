import { UserError } from '@plinth/dev-stack';
import { helpOf, readCommand, type Command, type CommandTable } from './command.ts';

const run = async () => undefined;
const rename: Command = { usage: 'ID --name TEXT', summary: 'give it a name', options: { name: { type: 'string' }, quiet: { type: 'boolean' } }, takes: { least: 1, most: 1 }, run };
const list: Command = { usage: '', summary: 'all of them', run };
const table: CommandTable = { things: { rename, list } };

describe('readCommand', () => {
  it('finds the command with its options and arguments', () => {
    expect(readCommand(table, ['things', 'rename', '7', '--name', 'a b', '--json'])).toEqual({ command: rename, options: { name: 'a b', json: true }, arguments: ['7'] });
  });

  it.each([[[]], [['--help']], [['things', 'rename', '--help']]])('is asked for help by %j', (args) => {
    expect(readCommand(table, args)).toBeNull();
  });

  it.each([
    [['others'], 'there is no "others": one of things'],
    [['toString'], 'there is no "toString"'],
    [['things'], 'things takes one of rename, list'],
    [['things', 'lose'], 'things takes one of rename, list'],
    [['things', 'rename'], 'usage: things rename ID --name TEXT'],
    [['things', 'rename', '1', '2'], 'usage: things rename ID --name TEXT'],
    [['things', 'list', '7'], 'usage: things list'],
    [['things', 'list', '--name', 'x'], "Unknown option '--name'"],
    [['things', 'rename', '7', '--name'], 'usage: things rename'],
    [['things', 'rename', '7', '--quiet=no'], 'usage: things rename'],
  ])('refuses %j in one line', (args, line) => {
    expect(() => readCommand(table, args)).toThrow(line);
    expect(() => readCommand(table, args)).toThrow(UserError);
  });
});

describe('helpOf', () => {
  it('names every command with its usage', () => {
    expect(helpOf(table)).toContain('  things rename ID --name TEXT\n      give it a name');
    expect(helpOf(table)).toContain('  things list\n      all of them');
  });
});
