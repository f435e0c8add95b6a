import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { bucketCount, bucketOf, bucketsOf } from './bucket.js';

/** Never to be changed: whoever is dealt something keeps it over every version of this library. Made by another program, in Python. */
const golden: readonly (readonly [salt: string, unit: string, bucket: number])[] = [
  ['new-dashboard', 'user-1', 245],
  ['new-dashboard', 'user-2', 80_507],
  ['new-dashboard', '018f0000-0000-7000-8000-000000000001', 88_009],
  ['new-trail', 'user-1', 24_821],
  ['checkout', 'ana@example.com', 3_219],
  ['checkout', 'Zürich ☕', 70_699],
  ['a', '', 91_508],
];

/** At so many a standard deviation is at most 0.35 percent points, so that a miss of 1 is no chance in these few runs. */
const units = 20_000;

describe('bucketOf', () => {
  it.each(golden)('deals %s:%s into bucket %i, for ever', (salt, unit, bucket) => {
    expect(bucketOf(salt, unit)).toBe(bucket);
  });

  it('is what its description says, written anew', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.-]{1,20}$/), fc.string({ unit: 'grapheme' }), (salt, unit) => {
        const digest = createHash('sha256').update(Buffer.from(`${salt}:${unit}`, 'utf8')).digest('hex');
        expect(bucketOf(salt, unit)).toBe(Number(BigInt(`0x${digest.slice(0, 12)}`) % 100_000n));
      }),
    );
  });

  it('deals shares within 1 % of their percentage, whatever the salt and the form of the ids', () => {
    const ids = fc.constantFrom<(index: number) => string>(
      (index) => String(index),
      (index) => `user-${index}@example.com`,
      (index) => `018f0000-0000-7000-8000-${index.toString(16).padStart(12, '0')}`,
      (index) => createHash('md5').update(String(index)).digest('hex'),
    );
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}$/), fc.integer({ min: 0, max: 100 }), ids, (salt, percent, idOf) => {
        let dealt = 0;
        for (let index = 0; index < units; index += 1) if (bucketOf(salt, idOf(index)) < bucketsOf(percent)) dealt += 1;
        expect(Math.abs((dealt / units) * 100 - percent)).toBeLessThan(toleranceOf(percent));
      }),
      { numRuns: 60 },
    );
  });

  it('deals each of a hundred parts of the buckets as often as the others', () => {
    const counts = new Array<number>(100).fill(0);
    for (let index = 0; index < 200_000; index += 1) counts[Math.floor((bucketOf('even', `u${index}`) / bucketCount) * 100)]! += 1;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0);
    // 99 degrees of freedom: a fair deal passes 170 once in 100,000 times, and this one is always the same.
    expect(chiSquared).toBeLessThan(170);
  });

  it('deals two salts apart: who is in a share of one is in the other as often as anybody', () => {
    const inOne = Array.from({ length: units }, (_, index) => `u${index}`).filter((unit) => bucketOf('one', unit) < bucketsOf(50));
    const inBoth = inOne.filter((unit) => bucketOf('two', unit) < bucketsOf(50));
    expect(Math.abs(inBoth.length / inOne.length - 0.5)).toBeLessThan(0.02);
  });
});

describe('bucketsOf', () => {
  it('has thousandths of a percent, and all for a hundred', () => {
    expect([0, 0.001, 0.1, 33.333, 50, 100].map(bucketsOf)).toEqual([0, 1, 100, 33_333, 50_000, bucketCount]);
  });
});

function toleranceOf(percent: number): number {
  return percent === 0 || percent === 100 ? 1e-9 : 1;
}
