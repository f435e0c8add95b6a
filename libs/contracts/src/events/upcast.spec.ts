import { defineEvent, field, upcastFrom, type EventDefinition } from './event-definition.js';
import { EventSchemas, UpcastFailed } from './event-schemas.js';
import { goldenFaults, type GoldenSample } from './golden-samples.js';

interface MovedV1 {
  place: string;
}
interface MovedV2 {
  from: string | null;
  to: string;
}
interface MovedV3 {
  from: string | null;
  to: { name: string };
}

const sample = { type: 'crate.moved', topic: 'plinth.sample', aggregateType: 'crate' } as const;
const MovedV1 = defineEvent<MovedV1>()({ ...sample, version: 1, schema: field.record({ place: field.text(20) }) });
const MovedV2 = defineEvent<MovedV2>()({
  ...sample,
  version: 2,
  schema: field.record({ from: field.nullable(field.text(20)), to: field.text(20) }),
  upcaster: upcastFrom(MovedV1, ({ place }) => ({ from: null, to: place })),
});
const MovedV3 = defineEvent<MovedV3>()({
  ...sample,
  version: 3,
  schema: field.record({ from: field.nullable(field.text(20)), to: field.record({ name: field.text(10) }) }),
  upcaster: upcastFrom(MovedV2, ({ from, to }) => ({ from, to: { name: to } })),
});
const all = [MovedV1, MovedV2, MovedV3];

describe('EventSchemas', () => {
  const schemas = new EventSchemas(all);

  it('reads an old payload as a newer version has it, step by step', () => {
    expect(schemas.upcast(MovedV1, { place: 'dock' }, 3)).toEqual({ from: null, to: { name: 'dock' } });
    expect(schemas.upcast(MovedV1, { place: 'dock' }, 2)).toEqual({ from: null, to: 'dock' });
    expect(schemas.upcast(MovedV2, { from: 'a', to: 'b' }, 3)).toEqual({ from: 'a', to: { name: 'b' } });
    expect(schemas.upcast(MovedV1, { place: 'dock' }, 1)).toEqual({ place: 'dock' });
  });

  it('holds what a step makes against its schema, and quotes nothing of it', () => {
    const tooLong = () => schemas.upcast(MovedV1, { place: 'a place with a@b.example' }, 3);
    expect(tooLong).toThrow(UpcastFailed);
    expect(tooLong).toThrow(/^cannot upcast to crate\.moved\.v2: \/to maxLength$/);
  });

  it('says that an upcaster threw, and not with which words', () => {
    const throwing = upcastFrom<MovedV1, MovedV2>(MovedV1, ({ place }) => {
      throw new TypeError(`no ${place}`);
    });
    const broken = new EventSchemas([MovedV1, { ...MovedV2, upcaster: throwing }]);
    expect(() => broken.upcast(MovedV1, { place: 'dock' }, 2)).toThrow(/^cannot upcast to crate\.moved\.v2: the upcaster threw TypeError$/);
  });

  it('knows where a chain is broken', () => {
    const broken = new EventSchemas([MovedV1, withoutUpcaster(MovedV2)]);
    expect(schemas.canUpcast('crate.moved', 1, 3)).toBe(true);
    expect(schemas.canUpcast('crate.moved', 3, 3)).toBe(true);
    expect(schemas.canUpcast('crate.moved', 3, 1)).toBe(false);
    expect(schemas.canUpcast('crate.moved', 3, 4)).toBe(false);
    expect(broken.canUpcast('crate.moved', 1, 2)).toBe(false);
    expect(() => broken.upcast(MovedV1, { place: 'dock' }, 2)).toThrow('there is no upcaster');
  });

  it('refuses an upcaster that does not begin at the registered version before its own', () => {
    expect(() => new EventSchemas([MovedV2])).toThrow('crate.moved.v2 must upcast from crate.moved.v1');
    expect(() => new EventSchemas([{ ...MovedV1 }, MovedV2])).toThrow('as it is registered');
    expect(() => new EventSchemas([MovedV1, MovedV2, { ...MovedV3, upcaster: upcastFrom(MovedV1, () => ({})) }])).toThrow('crate.moved.v3 must upcast from crate.moved.v2');
  });

  it('refuses an upcaster between two topics, whose readers would miss the old events', () => {
    expect(() => new EventSchemas([MovedV1, { ...MovedV2, topic: 'plinth.other' }])).toThrow('crate.moved.v2 must stay on plinth.sample');
  });
});

describe('goldenFaults', () => {
  const good: [string, GoldenSample][] = [
    ['crate.moved.v1', { payload: { place: 'dock' }, upcast: { from: null, to: { name: 'dock' } } }],
    ['crate.moved.v2', { payload: { from: 'a', to: 'b' }, upcast: { from: 'a', to: { name: 'b' } } }],
    ['crate.moved.v3', { payload: { from: 'a', to: { name: 'b' } } }],
  ];
  const faults = (changes: Record<string, GoldenSample> = {}, definitions: readonly EventDefinition[] = all) =>
    goldenFaults(new Map([...good, ...Object.entries(changes)]), definitions);

  it('finds none where every version has its sample and every old one its way to the newest', () => {
    expect(faults()).toEqual([]);
  });

  it('misses a sample', () => {
    expect(goldenFaults(new Map(good.slice(1)), all)).toEqual(['crate.moved.v1: has no golden file']);
  });

  it('misses an upcaster, for each version that needs it', () => {
    expect(faults({}, [MovedV1, MovedV2, withoutUpcaster(MovedV3)])).toEqual([
      'crate.moved.v1: cannot upcast to crate.moved.v3: there is no upcaster',
      'crate.moved.v2: cannot upcast to crate.moved.v3: there is no upcaster',
    ]);
  });

  it.each<[string, Record<string, GoldenSample>, string]>([
    ['a payload that is none', { 'crate.moved.v2': { payload: { to: 'b' }, upcast: {} } }, 'crate.moved.v2: its golden payload does not fit: / required'],
    ['another result', { 'crate.moved.v1': { payload: { place: 'dock' }, upcast: { from: '', to: { name: 'dock' } } } }, 'crate.moved.v1: is upcast to something else than its golden file says'],
    ['no result', { 'crate.moved.v1': { payload: { place: 'dock' } } }, 'crate.moved.v1: is upcast to something else than its golden file says'],
    ['a payload that no step can take', { 'crate.moved.v1': { payload: { place: 'a long long place' }, upcast: {} } }, 'crate.moved.v1: cannot upcast to crate.moved.v3: /to/name maxLength'],
    ['a result of the newest', { 'crate.moved.v3': { payload: { from: null, to: { name: 'b' } }, upcast: {} } }, 'crate.moved.v3: is the newest, and its golden file says that it is upcast'],
    ['a sample of no event', { 'crate.lost.v1': { payload: {} } }, 'crate.lost.v1: has a golden file and is not registered'],
  ])('tells %s', (_, changes, line) => {
    expect(faults(changes)).toEqual([line]);
  });
});

function withoutUpcaster({ upcaster: _, ...definition }: EventDefinition): EventDefinition {
  return definition;
}
