import { isUuid, newId } from './ids.js';

describe('newId', () => {
  it('makes version 7, variant 10 ids that carry the time', () => {
    const before = Date.now();
    const id = newId();
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBeGreaterThanOrEqual(before);
  });

  it('sorts in the order of creation, past a full counter too', () => {
    const ids = Array.from({ length: 20_000 }, newId);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('isUuid', () => {
  it.each(['', 'x', '00000000-0000-7000-8000-00000000000', "' OR 1=1 --", '{00000000-0000-7000-8000-000000000001}'])(
    'refuses %j',
    (text) => {
      expect(isUuid(text)).toBe(false);
    },
  );

  it('accepts the platform log id', () => {
    expect(isUuid('00000000-0000-7000-8000-000000000001')).toBe(true);
  });
});
