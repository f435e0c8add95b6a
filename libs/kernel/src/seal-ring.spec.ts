import { randomBytes } from 'node:crypto';
import { SealRing } from './seal-ring.js';

describe('SealRing', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];
  const text = Buffer.from('for nobody’s eyes');

  it('opens what any secret of the ring has sealed, and nothing else', () => {
    const sealed = new SealRing([older], 'test').seal(text);
    expect(sealed.includes('nobody')).toBe(false);
    expect(new SealRing([newer, older], 'test').open(sealed)).toEqual(text);
    for (const other of [new SealRing([newer], 'test'), new SealRing([older], 'another purpose')]) expect(() => other.open(sealed)).toThrow('not known any more');
    sealed.writeUInt8(sealed.readUInt8(sealed.length - 1) ^ 1, sealed.length - 1);
    expect(() => new SealRing([older], 'test').open(sealed)).toThrow('altered');
  });

  it('is none without a secret', () => {
    expect(() => new SealRing([], 'test')).toThrow('no secret for test');
  });
});
