import { events } from '../events/index.js';
import { createdKinds, createdKindsByEvent, creatingWords, otherWords, uncountedCreations } from './created-things.js';

const types = [...new Set(events.map(({ type }) => type))];
const lastWordOf = (type: string) => type.split(/[._]/).at(-1) ?? '';

describe('what counts as created', () => {
  it('is decided of each event that tells of something new, once', () => {
    const creating = types.filter((type) => creatingWords.includes(lastWordOf(type)));
    expect(creating.filter((type) => Object.hasOwn(createdKindsByEvent, type) === Object.hasOwn(uncountedCreations, type))).toEqual([]);
  });

  it('is asked of every event: each ends in a word that is known to tell of something new, or not to', () => {
    expect(types.filter((type) => creatingWords.includes(lastWordOf(type)) === otherWords.includes(lastWordOf(type)))).toEqual([]);
  });

  it('names events that there are, and a kind for one event', () => {
    expect([...Object.keys(createdKindsByEvent), ...Object.keys(uncountedCreations)].filter((type) => !types.includes(type))).toEqual([]);
    expect(new Set(createdKinds).size).toBe(createdKinds.length);
  });
});
