import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import type { EncodedAnswer } from '@plinth/http';
import { openBytes, sealBytes, uniqueBytes } from '@plinth/kernel';

const info = 'plinth idempotency answer v1';

/** A fresh salt for one record. */
export const newSalt = () => uniqueBytes(16);

/**
 * Encrypts an answer under HKDF-SHA-256(server secret, row salt, client key) with AES-256-GCM: a dump of
 * the table, even with the server's secret, opens no answer without the client's key.
 */
export function sealAnswer(answer: EncodedAnswer, secret: Buffer, salt: Buffer, clientKey: string): Buffer {
  const head = Buffer.from(JSON.stringify({ status: answer.status, headers: answer.headers }));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return sealBytes(keyOf(secret, salt, clientKey), length, head, answer.body);
}

/** @throws Error where the record was altered or the key is another */
export function openAnswer(sealed: Buffer, secret: Buffer, salt: Buffer, clientKey: string): EncodedAnswer {
  const plain = openBytes(keyOf(secret, salt, clientKey), sealed);
  const headLength = plain.readUInt32BE(0);
  const head = JSON.parse(plain.toString('utf8', 4, 4 + headLength)) as Omit<EncodedAnswer, 'body'>;
  return { ...head, body: plain.subarray(4 + headLength) };
}

/** HKDF (RFC 5869) of one block, by its two HMACs. With key objects: Node takes seven times as long with a key's bytes, on every keyed request. */
function keyOf(secret: Buffer, salt: Buffer, clientKey: string): KeyObject {
  const extracted = createHmac('sha256', createSecretKey(salt)).update(secret).update(clientKey).digest();
  return createSecretKey(createHmac('sha256', createSecretKey(extracted)).update(`${info}\x01`).digest());
}
