import fc from 'fast-check';
import { newId } from '@plinth/kernel';
import { hashApiKey, newApiKey, parseApiKey } from './api-key-format.js';

const ALPHANUMERIC = /[0-9A-Za-z]/;
const environment = fc.stringMatching(/^[a-z]{2,10}$/);
const id = fc.uuid();

describe('an API key', () => {
  it('tells its environment and id again, for every environment and UUID', () => {
    fc.assert(
      fc.property(environment, id, (environment, id) => {
        expect(parseApiKey(newApiKey(environment, id))).toEqual({ environment, id });
      }),
    );
  });

  it('has the form that scanners look for, always of one length', () => {
    for (const uuid of ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', newId()]) {
      expect(newApiKey('live', uuid)).toMatch(/^plk_live_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
    }
  });

  it('is refused with any one character changed', () => {
    fc.assert(
      fc.property(environment, id, fc.nat(), fc.stringMatching(/^[0-9A-Za-z]$/), (environment, id, at, character) => {
        const key = newApiKey(environment, id);
        const index = at % key.length;
        fc.pre(key[index] !== character);
        expect(parseApiKey(key.slice(0, index) + character + key.slice(index + 1))).toBeNull();
      }),
    );
  });

  it('is refused with two neighbours swapped', () => {
    fc.assert(
      fc.property(id, fc.nat(), (id, at) => {
        const key = newApiKey('live', id);
        const index = at % (key.length - 1);
        const [one = '', other = ''] = [key[index], key[index + 1]];
        fc.pre(one !== other && ALPHANUMERIC.test(one) && ALPHANUMERIC.test(other));
        expect(parseApiKey(key.slice(0, index) + other + one + key.slice(index + 2))).toBeNull();
      }),
    );
  });

  it('is refused cut, lengthened, in another case or with a line break', () => {
    const key = newApiKey('live', newId());
    for (const text of ['', 'plk_', key.slice(0, -1), `${key}a`, ` ${key}`, `${key}\n`, key.toUpperCase(), key.replace('plk_', 'sk_')]) {
      expect(parseApiKey(text)).toBeNull();
    }
  });

  it('never throws for what is no key', () => {
    fc.assert(fc.property(fc.string(), (text) => expect(parseApiKey(`plk_${text}`)).toBeNull()));
  });

  it('has a secret of its own, also for the same id', () => {
    const uuid = newId();
    expect(newApiKey('live', uuid)).not.toBe(newApiKey('live', uuid));
  });

  it('is hashed to 64 hex digits', () => {
    expect(hashApiKey('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('cannot be made for an environment or an id of another form', () => {
    for (const wrong of ['', 'x', 'LIVE', 'a_b', 'abcdefghijk']) expect(() => newApiKey(wrong, newId())).toThrow('environment');
  });
});
