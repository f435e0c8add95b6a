import { agoText, cell, fieldLines } from './text.ts';

describe('text for a terminal', () => {
  it('has no character that moves the cursor', () => {
    expect(cell('a\u001b[2Jb\nc')).toBe('a?[2Jb?c');
    expect([cell(null), cell(undefined), cell(0)]).toEqual(['-', '-', '0']);
  });

  it('tells how long ago something was, and that it never was', () => {
    const now = Date.parse('2026-11-22T08:00:00Z');
    expect(agoText('2026-11-22T07:58:00Z', now)).toBe('2 min ago');
    expect(agoText('2026-11-22T08:00:09Z', now)).toBe('0 s ago');
    expect(agoText(null, now)).toBe('-');
  });

  it('tells the members of an object that are there', () => {
    expect(fieldLines({ id: 7, error: null, letter: { offset: '1' } })).toEqual(['id      7', 'letter  {"offset":"1"}']);
  });
});
