import { expressionIn, workspaceOf } from '../testing.ts';
import { Callers } from './callers.ts';
import { foreignPart } from './constant-text.ts';
import { definedEvents, definitionsOf } from './events.ts';
import { exemptionAt } from './exemptions.ts';
import { mayWrite } from './sql.ts';

describe('foreignPart', () => {
  const workspace = workspaceOf({
    'text.ts': `
      export const greeting = 'hello';
      type Way = 'in' | 'out';
      export function all(name: string, way: Way, count: number, row: { readonly kind: 'a' | 'b'; readonly email: string }) {
        const bound = \`\${way} \${count}\`;
        return [greeting, \`\${greeting} \${count}\`, bound, row.kind, greeting + way, \`for \${name}\`, row.email, name as Way, count > 1 ? greeting : name];
      }
      function said(what: string) { return what; }
      function heard(what: string) { return what; }
      function mute(what: string) { return what; }
      export const calls = [said('a'), said(greeting), heard('a'), heard(JSON.stringify({}))];
      export const [silent] = [mute];`,
  });
  const callers = new Callers(workspace);
  const foreign = (text: string) => foreignPart(workspace, callers, expressionIn(workspace, 'text.ts', text))?.getText();

  it.each(['greeting', '`${greeting} ${count}`', 'bound', 'row.kind', 'greeting + way'])('finds %s to be of the code alone', (text) => {
    expect(foreign(text)).toBeUndefined();
  });

  it.each([
    ['`for ${name}`', 'name'],
    ['row.email', 'row.email'],
    ['name as Way', 'name'],
    ['count > 1 ? greeting : name', 'name'],
  ])('finds what is not in %s, whatever it is cast to', (text, part) => {
    expect(foreign(text)).toBe(part);
  });

  it('takes a parameter for what every caller gives', () => {
    const returned = (name: string) => {
      const body = workspace.nodesOf('text.ts').filter((node) => node.getText() === 'what' && node.parent.getText() === 'return what;');
      return foreignPart(workspace, callers, body[['said', 'heard', 'mute'].indexOf(name)] as never)?.getText();
    };
    expect(returned('said')).toBeUndefined();
    expect(returned('heard')).toBe('JSON.stringify({})');
    expect(returned('mute')).toBe('what');
  });
});

describe('mayWrite', () => {
  const workspace = workspaceOf({
    'sql.ts': `
      const table = 'a.note';
      const insert = (name: string) => \`INSERT INTO \${name} (id) VALUES ($1)\`;
      const LOCK = \`SELECT id FROM \${table} FOR UPDATE\`;
      declare function made(): string;
      export const statements = [
        'SELECT 1', LOCK, \`WITH x AS (SELECT 1) SELECT * FROM x\`, 'SELECT pg_advisory_xact_lock(1)',
        'UPDATE a.note SET id = 1', insert(table), \`WITH gone AS (DELETE FROM a.note RETURNING id) SELECT * FROM gone\`, 'SELECT scheduler.enqueue_run($1)', made(), 'VACUUM',
      ];`,
  });
  const writes = (text: string) => mayWrite(workspace, expressionIn(workspace, 'sql.ts', text));

  it.each(["'SELECT 1'", 'LOCK', '`WITH x AS (SELECT 1) SELECT * FROM x`', "'SELECT pg_advisory_xact_lock(1)'"])('takes %s for a read', (text) => {
    expect(writes(text)).toBe(false);
  });

  it.each([
    "'UPDATE a.note SET id = 1'",
    'insert(table)',
    '`WITH gone AS (DELETE FROM a.note RETURNING id) SELECT * FROM gone`',
    "'SELECT scheduler.enqueue_run($1)'",
    'made()',
    "'VACUUM'",
  ])('takes %s for a write', (text) => {
    expect(writes(text)).toBe(true);
  });
});

describe('exemptionAt', () => {
  const workspace = workspaceOf({
    'exempt.ts': `
      /** @ruleExempt breaker: a driver
       *    of its own */
      export function outer() { return [one]; }
      /** @ruleExempt breaker */
      export function wordless() { return [two]; }
      /** @ruleExempt pii: a command */
      export function another() { return [three]; }
      declare const one: string, two: string, three: string;`,
  });
  const reason = (text: string) => exemptionAt(expressionIn(workspace, 'exempt.ts', text), 'breaker');

  it('gives the words of the declaration around, of this rule alone', () => {
    expect(reason('one')).toBe('a driver of its own');
    expect(reason('two')).toBeUndefined();
    expect(reason('three')).toBeUndefined();
  });
});

describe('events', () => {
  const workspace = workspaceOf({
    'events.ts': `
      interface EventDefinition<T extends string> { readonly type: T; readonly version: number }
      function defineEvent() { return <const T extends string>(event: EventDefinition<T>) => event; }
      export const ThingMadeV2 = defineEvent()({ type: 'thing.made', version: 2 });
      const ThingLostV1 = defineEvent()({ type: 'thing.lost', version: 1 });
      const changes = { make: { event: ThingMadeV2 }, lose: { event: ThingLostV1 } };
      export function tell(act: keyof typeof changes) { const { event } = changes[act]; return [event, ThingMadeV2]; }`,
  });

  it('are read where they are defined', () => {
    expect(definedEvents(workspace, ['events.ts']).map(({ name, type, version }) => [name, type, version])).toEqual([
      ['ThingMadeV2', 'thing.made', 2],
      ['ThingLostV1', 'thing.lost', 1],
    ]);
  });

  it('are known by their type where one of several is told', () => {
    const told = expressionIn(workspace, 'events.ts', '[event, ThingMadeV2]');
    const [event, constant] = told.getChildren()[1]?.getChildren().filter((node) => node.getText() !== ',') ?? [];
    expect(definitionsOf(workspace, event as never).map(({ type }) => type)).toEqual(['thing.made', 'thing.lost']);
    expect(definitionsOf(workspace, constant as never)).toMatchObject([{ type: 'thing.made', version: 2 }]);
  });
});
