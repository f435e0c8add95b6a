import { contentTagOf, etagOf, hasCurrent, requireMatch, requireStatedMatch } from './etag.js';

describe('requireMatch', () => {
  it.each([null, '*', '"3"', '"1", "3"', '"1","2" ,"3"'])('lets %j through for version 3', (header) => {
    expect(() => requireMatch(header, 3)).not.toThrow();
  });

  it.each(['"2"', '3', 'W/"3"', '', '"33"', '"1", W/"3"'])('refuses %j for version 3 with 412', (header) => {
    expect(() => requireMatch(header, 3)).toThrow(expect.objectContaining({ status: 412 }) as Error);
  });

  it('is met by the tag that was given', () => {
    expect(() => requireMatch(etagOf(7), 7)).not.toThrow();
  });
});

describe('requireStatedMatch', () => {
  it('refuses who says nothing with 428, and judges the others as ever', () => {
    expect(() => requireStatedMatch(null, 3)).toThrow(expect.objectContaining({ status: 428 }) as Error);
    expect(() => requireStatedMatch('"2"', 3)).toThrow(expect.objectContaining({ status: 412 }) as Error);
    for (const header of ['"3"', '*']) expect(() => requireStatedMatch(header, 3)).not.toThrow();
  });
});

describe('hasCurrent', () => {
  it.each(['*', '"3"', 'W/"3"', '"1", W/"3"'])('is so with %j', (header) => {
    expect(hasCurrent(header, '"3"')).toBe(true);
  });

  it.each([undefined, '', '"2"', '3', '"33"'])('is not so with %j', (header) => {
    expect(hasCurrent(header, '"3"')).toBe(false);
  });
});

describe('contentTagOf', () => {
  it('is the same for the same bytes, another for others, and a tag', () => {
    expect(contentTagOf(Buffer.from('a'))).toBe(contentTagOf(Buffer.from('a')));
    expect(contentTagOf(Buffer.from('a'))).not.toBe(contentTagOf(Buffer.from('b')));
    expect(contentTagOf(Buffer.from('a'))).toMatch(/^"[\w-]{22}"$/);
  });
});
