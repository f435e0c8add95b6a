import { etagOf, requireMatch } from './etag.js';

describe('requireMatch', () => {
  it.each([null, '*', '"3"', '"1", "3"'])('lets %j through for version 3', (header) => {
    expect(() => requireMatch(header, 3)).not.toThrow();
  });

  it.each(['"2"', '3', 'W/"3"', ''])('refuses %j for version 3 with 412', (header) => {
    expect(() => requireMatch(header, 3)).toThrow(expect.objectContaining({ status: 412 }) as Error);
  });

  it('is met by the tag that was given', () => {
    expect(() => requireMatch(etagOf(7), 7)).not.toThrow();
  });
});
