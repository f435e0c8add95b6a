import { uniqueBytes } from './random.js';

describe('uniqueBytes', () => {
  it('hands out bytes that nobody else has or gets, over the end of the pool too', () => {
    const all = Array.from({ length: 2000 }, () => uniqueBytes(12));
    const before = all.map((bytes) => bytes.toString('hex'));
    expect(new Set(before).size).toBe(2000);
    uniqueBytes(4096);
    expect(all.map((bytes) => bytes.toString('hex'))).toEqual(before);
  });

  it('gives as many as are asked for, and refuses more than it can fetch', () => {
    expect([0, 1, 16, 4096].map((count) => uniqueBytes(count).length)).toEqual([0, 1, 16, 4096]);
    expect(() => uniqueBytes(4097)).toThrow(RangeError);
  });
});
