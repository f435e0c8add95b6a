import { createSecretKey, randomBytes } from 'node:crypto';
import { ContentError, contentHashOf, openContent, sealContent } from './content.js';
import { decryptPersonal, encryptPersonal, type KeptValue, type SubjectKeys } from './personal-values.js';
import { someContent } from './testing.js';

const key = createSecretKey(randomBytes(32));
const always = (found: ReturnType<SubjectKeys['find']>): SubjectKeys => ({ find: () => found });
const fresh = sealContent(someContent, ['/after/contactEmail']);
const { visible } = fresh;
const kept = encryptPersonal(fresh, always(key));
const opened = (values: Record<string, unknown>, keys = always(key)) => decryptPersonal(visible, values as never, keys);

describe('personal values', () => {
  it('are kept so that the key of their subject opens them, and nothing else', () => {
    expect(JSON.stringify(kept)).not.toMatch(/jane|203\.0\.113|Example/);
    expect(opened({ ...kept })).toEqual(fresh.personal);
    expect(() => opened({ ...kept }, always(createSecretKey(randomBytes(32))))).toThrow(ContentError);
    expect(() => opened({ ...kept }, always(undefined))).toThrow(ContentError);
  });

  it('stand under the key of whose they are, each', () => {
    const keys = new Map([[someContent.actor.id, key], [someContent.resource.id, createSecretKey(randomBytes(32))]]);
    const values = encryptPersonal(fresh, { find: (subject) => keys.get(subject) });
    const withoutActor = opened({ ...values }, { find: (subject) => (subject === someContent.actor.id ? 'destroyed' : keys.get(subject)) });
    expect(openContent({ visible, personal: withoutActor })).toEqual({ ...someContent, ip: null, userAgent: null });
  });

  it('leave the content’s hash as it was when the key is destroyed, and nothing to read', () => {
    const erased = { visible, personal: opened({ ...kept }, always('destroyed')) };
    expect(contentHashOf(erased)).toBe(contentHashOf(fresh));
    expect(openContent(erased)).toEqual({ ...someContent, ip: null, userAgent: null, after: { ...someContent.after, contactEmail: null } });
  });

  it('that come when their subject has been erased are kept as commitments alone', () => {
    const late = encryptPersonal(fresh, always('destroyed'));
    expect(Object.values(late).map((value) => Object.keys(value))).toEqual([['commitment'], ['commitment'], ['commitment']]);
    expect(contentHashOf({ visible, personal: opened({ ...late }, always('destroyed')) })).toBe(contentHashOf(fresh));
    // Somebody took the ciphertext away while the key is there.
    expect(() => opened({ ...late })).toThrow(ContentError);
  });

  it('that earlier versions kept unencrypted are read as they are', () => {
    expect(opened({ ...fresh.personal }, always(undefined))).toEqual(fresh.personal);
  });

  it('are refused in any other form', () => {
    const ip = kept['/ip'] as KeptValue;
    const { ciphertext = '' } = ip;
    const flipped = Buffer.from(ciphertext, 'base64');
    flipped.writeUInt8(flipped.readUInt8(30) ^ 1, 30);
    const forms = [
      null,
      'text',
      [],
      {},
      { ...ip, commitment: 'A'.repeat(64) },
      { ...ip, commitment: '0'.repeat(64) },
      { ...ip, ciphertext: `${ciphertext}\n` },
      { ...ip, ciphertext: flipped.toString('base64') },
      { ...ip, ciphertext: kept['/userAgent']?.ciphertext },
      { ...ip, ciphertext: 7 },
      { ...ip, subject: 'x' },
      { salt: 'x', value: 'y' },
    ];
    for (const form of forms) expect(() => opened({ ...kept, '/ip': form })).toThrow(ContentError);
  });
});
