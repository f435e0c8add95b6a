import { randomBytes } from 'node:crypto';
import { newId } from '@plinth/kernel';
import { MailSeal } from './mail-seal.js';

describe('MailSeal', () => {
  const [older, newer] = [randomBytes(32), randomBytes(32)];

  it('opens what any secret of the ring has sealed, and nothing else', () => {
    const sealed = new MailSeal([older]).seal('ada@plinth.example');
    expect(sealed.includes('ada@')).toBe(false);
    expect(new MailSeal([newer, older]).open(sealed)).toBe('ada@plinth.example');
    expect(() => new MailSeal([newer]).open(sealed)).toThrow('not known any more');
  });

  it('makes one token of a mail, whenever it is asked, and another of each other mail and secret', () => {
    const [one, other] = [newId(), newId()];
    const seal = new MailSeal([older]);
    expect(seal.tokenOf(one)).toBe(new MailSeal([older, newer]).tokenOf(one));
    expect(new Set([seal.tokenOf(one), seal.tokenOf(other), new MailSeal([newer]).tokenOf(one)]).size).toBe(3);
    expect(Buffer.from(seal.tokenOf(one), 'base64url')).toHaveLength(32);
  });
});
