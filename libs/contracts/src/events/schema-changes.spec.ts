import { field, type JsonSchema } from './event-definition.js';
import { schemaChanges } from './schema-changes.js';

const shipped = field.record({
  id: field.uuid,
  name: field.text(100),
  size: { type: 'integer', minimum: 0 },
  outcome: { enum: ['won', 'lost'] },
  note: field.nullable(field.text(50)),
  tags: { type: 'array', items: field.record({ key: field.text(20) }) },
  extra: { type: 'object' },
});
const properties = shipped['properties'] as Record<string, JsonSchema>;
const required = shipped['required'] as string[];

/** The shipped schema with another schema for one field. */
const withField = (name: string, schema: JsonSchema): JsonSchema => ({ ...shipped, properties: { ...properties, [name]: schema } });
const withoutName = Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'name'));

describe('schemaChanges', () => {
  it.each<[string, JsonSchema, string[]]>([
    ['nothing', { ...shipped }, []],
    ['a description, a title, a comment, examples', { ...withField('name', { ...field.text(100), description: 'x', title: 'x', $comment: 'x', examples: ['x'] }), title: 'x' }, []],
    ['the order of members', Object.fromEntries(Object.entries(shipped).reverse()), []],
    ['the order of an enumeration', withField('outcome', { enum: ['lost', 'won'] }), []],
    ['the order of required', { ...shipped, required: [...required].reverse() }, []],

    ['a removed property', { ...shipped, properties: withoutName, required: required.filter((name) => name !== 'name') }, ['/name was removed']],
    [
      'a renamed property',
      { ...shipped, properties: { ...withoutName, title: field.text(100) }, required: required.map((name) => (name === 'name' ? 'title' : name)) },
      ['/name was removed', '/title was added, and is required'],
    ],
    ['a new required property', { ...shipped, properties: { ...properties, more: field.uuid }, required: [...required, 'more'] }, ['/more was added, and is required']],
    ['a new optional property', withField('more', field.uuid), ['/more was added']],
    ['a property that need not be there any more', { ...shipped, required: required.filter((name) => name !== 'note') }, ['/note became optional']],
    ['a property in a name that a pointer escapes', withField('a/b~c', field.uuid), ['/a~1b~0c was added']],

    ['a narrowed length', withField('name', field.text(50)), ['/name maxLength 100 -> 50']],
    ['a widened length', withField('name', field.text(200)), ['/name maxLength 100 -> 200']],
    ['a length without bound', withField('name', { type: 'string' }), ['/name maxLength 100 -> none']],
    ['another type', withField('size', { type: 'string' }), ['/size type "integer" -> "string"', '/size minimum 0 -> none']],
    ['a wider type', withField('size', { type: 'number', minimum: 0 }), ['/size type "integer" -> "number"']],
    ['another bound', withField('size', { type: 'integer', minimum: 1 }), ['/size minimum 0 -> 1']],
    ['a format that is gone', withField('id', { type: 'string' }), ['/id format "uuid" -> none']],
    ['a new format', withField('name', { ...field.text(100), format: 'date-time' }), ['/name format none -> "date-time"']],
    ['a new pattern', withField('name', { ...field.text(100), pattern: '^a' }), ['/name pattern none -> "^a"']],
    ['a value less', withField('outcome', { enum: ['won'] }), ['/outcome enum ["lost","won"] -> ["won"]']],
    ['a value more', withField('outcome', { enum: ['won', 'lost', 'drawn'] }), ['/outcome enum ["lost","won"] -> ["drawn","lost","won"]']],
    ['a null that is no longer allowed', withField('note', field.text(50)), ['/note anyOf [{"maxLength":50,"type":"string"},{"type":"null"}] -> none', '/note type none -> "string"', '/note maxLength none -> 50']],
    ['a narrowed length of what may be null', withField('note', field.nullable(field.text(40))), ['/note maxLength 50 -> 40']],
    ['an item of a list', withField('tags', { type: 'array', items: field.record({ key: field.text(10) }) }), ['/tags/*/key maxLength 20 -> 10']],
    ['a property of an item', withField('tags', { type: 'array', items: field.record({ key: field.text(20), value: field.uuid }) }), ['/tags/*/value was added, and is required']],
    ['more members allowed', { ...shipped, additionalProperties: true }, ['/ additionalProperties false -> true']],
    ['no other members allowed', withField('extra', { type: 'object', additionalProperties: false }), ['/extra additionalProperties none -> false']],
    ['a default', withField('name', { ...field.text(100), default: 'x' }), ['/name default none -> "x"']],
    ['a condition', { ...shipped, if: { required: ['x'] } }, ['/ if none -> {"required":["x"]}']],
  ])('tells %s', (_, current, changes) => {
    expect(schemaChanges(shipped, current).map(({ field: pointer, what }) => `${pointer} ${what}`)).toEqual(changes);
  });

  it('tells an optional property that became required', () => {
    const optional = { ...shipped, required: required.filter((name) => name !== 'note') };
    expect(schemaChanges(optional, shipped)).toEqual([{ field: '/note', what: 'became required' }]);
  });
});
