import { KeptByKey } from './kept-by-key.js';

function setup(limit: number) {
  const closed: string[] = [];
  const made: string[] = [];
  const kept = new KeptByKey((key) => {
    made.push(key);
    return { key, close: () => void closed.push(key) };
  }, limit);
  return { kept, closed, made };
}

describe('KeptByKey', () => {
  it('makes one for each key, and lets go of the one that was unused the longest', async () => {
    const { kept, closed, made } = setup(2);
    for (const key of ['a', 'b', 'a', 'c']) await kept.use(key, async ({ key: used }) => expect(used).toBe(key));
    expect([made, closed, kept.size]).toEqual([['a', 'b', 'c'], ['b'], 2]);
    await kept.close();
    expect(closed).toEqual(['b', 'a', 'c']);
  });

  it('never lets go of one in use', async () => {
    const { kept, closed } = setup(1);
    await kept.use('a', async () => {
      await kept.use('b', async () => undefined);
      expect([closed, kept.size]).toEqual([[], 2]);
    });
    await kept.use('c', async () => undefined);
    expect(closed.sort()).toEqual(['a', 'b']);
  });
});
