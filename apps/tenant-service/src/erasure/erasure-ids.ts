import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import { deriveKey, newId } from '@plinth/kernel';

/** Of a UUID's text: the time, the version and the counter, which no other id of this process has. */
const ownPart = 18;

/**
 * Ids of erasures: UUIDv7 (RFC 9562) whose 62 bits of `rand_b` are a MAC over the rest and the account. So whoever can write to Kafka or to another
 * service's database makes none that this service would take for the id of an erasure that it has forgotten.
 */
export class ErasureIds {
  private readonly keys: readonly KeyObject[];

  /** @param secrets entries of `SUBJECT_KEY_ENCRYPTION_KEY`: the first makes ids, all recognize them */
  constructor(secrets: readonly Buffer[]) {
    if (secrets.length === 0) throw new Error('ids of erasures need a secret');
    this.keys = secrets.map((secret) => deriveKey(secret, 'plinth erasure id v1'));
  }

  /** A new one, for an erasure of this account. */
  make(accountId: string): string {
    return idOf(this.keys[0] as KeyObject, newId().slice(0, ownPart), accountId);
  }

  /** Whether this service has made the id, and for an erasure of this account. */
  isOf(id: string, accountId: string): boolean {
    return this.keys.some((key) => {
      const [known, claimed] = [Buffer.from(idOf(key, id.slice(0, ownPart), accountId)), Buffer.from(id)];
      return known.length === claimed.length && timingSafeEqual(known, claimed);
    });
  }
}

function idOf(key: KeyObject, begin: string, accountId: string): string {
  const mac = createHmac('sha256', key).update(`${begin} ${accountId}`).digest().subarray(0, 8);
  // The variant of RFC 9562.
  mac.writeUInt8((mac.readUInt8(0) & 0x3f) | 0x80, 0);
  const end = mac.toString('hex');
  return `${begin}-${end.slice(0, 4)}-${end.slice(4)}`;
}
