import { randomBytes } from 'node:crypto';
import { Problem } from '@plinth/kernel';
import { SignedCursor } from './cursor.js';

const secret = randomBytes(32);
const binding = ['tenant-1', 'user-7', null];

describe('SignedCursor', () => {
  const cursors = new SignedCursor([secret]);
  const cursor = cursors.seal({ before: 42 }, binding);

  it('gives back the position it was given', () => {
    expect(cursors.open(cursor, binding)).toEqual({ before: 42 });
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$/);
  });

  it('refuses every edit of a single character', () => {
    for (let index = 0; index < cursor.length; index++) {
      for (const other of ['A', 'B', 'x', '-', '.', '=']) {
        if (cursor[index] === other) continue;
        expect(() => cursors.open(cursor.slice(0, index) + other + cursor.slice(index + 1), binding)).toThrow(Problem);
      }
    }
  });

  it.each([
    ['another tenant', ['tenant-2', 'user-7', null]],
    ['another filter', ['tenant-1', null, 'user-7']],
    ['a filter more', [...binding, null]],
    ['an empty filter in the place of none', ['tenant-1', 'user-7', '']],
    ['filters that read alike together', ['tenant-1user-7', '', null]],
  ])('refuses a cursor of %s', (_name, other) => {
    expect(() => cursors.open(cursor, other)).toThrow(expect.objectContaining({ code: 'cursor_invalid', kind: 'malformed' }) as Error);
  });

  it.each(['', '.', 'x', `${cursor}.x`, `${cursor}x`, ` ${cursor}`])('refuses %j', (text) => {
    expect(() => cursors.open(text, binding)).toThrow(Problem);
  });

  it('still opens what an earlier secret signed, and signs with the first', () => {
    const rotated = new SignedCursor([randomBytes(32), secret]);
    expect(rotated.open(cursor, binding)).toEqual({ before: 42 });
    expect(() => cursors.open(rotated.seal(1, binding), binding)).toThrow(Problem);
  });
});

describe('SignedCursor.readPage', () => {
  const cursors = new SignedCursor([randomBytes(32)]);
  const numbers = Array.from({ length: 120 }, (_, index) => index + 1);
  const list = {
    binding: ['numbers'],
    read: async (after: number | null, rows: number) => numbers.filter((number) => after === null || number > after).slice(0, rows),
    positionOf: (number: number) => number,
  };

  it('reads the whole list page by page, each item once, and ends with null', async () => {
    const seen: number[] = [];
    const sizes: number[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await cursors.readPage({ limit: '50', ...(cursor === undefined ? {} : { cursor }) }, list);
      seen.push(...page.rows);
      sizes.push(page.rows.length);
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(numbers);
    expect(sizes).toEqual([50, 50, 20]);
  });

  it('has 50 items where nobody says how many, and no next page behind the last item', async () => {
    expect((await cursors.readPage({}, list)).rows).toHaveLength(50);
    expect((await cursors.readPage({ limit: '120' }, list)).nextCursor).toBeNull();
  });
});
