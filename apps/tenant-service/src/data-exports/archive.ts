import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { signDocument, type KeyRing } from '@plinth/auth';
import type { ArchivedTable } from './archive-contents.js';
import { leftOut } from './data-sets.js';
import { tarOf, type ArchivedFile } from './tar.js';

/** `typ` of the signature, which keeps it apart from tokens of the same keys. */
export const manifestType = 'plinth-export+jws';

/** What an archive is of. */
export interface ArchiveFacts {
  readonly id: string;
  readonly issuer: string;
  readonly tenantId: string | null;
  readonly accountId: string;
  readonly createdAt: Date;
}

/**
 * A gzipped tar of a JSON file a table, `manifest.json`, which names each with its SHA-256, and `manifest.jws`, the signature over it: a compact
 * JWS (RFC 7515) by Ed25519, whose payload are the manifest's bytes.
 */
export async function archiveOf(facts: ArchiveFacts, tables: readonly ArchivedTable[], keys: KeyRing): Promise<Buffer> {
  const files = tables.map(({ name, rows }) => ({ rows: rows.length, name: `data/${name}.json`, bytes: jsonOf(rows.map(plain)) }));
  const manifest = jsonOf({
    ...{ format: 'plinth-export', version: 1, id: facts.id, issuer: facts.issuer, createdAt: facts.createdAt.toISOString() },
    subject: facts.tenantId === null ? { type: 'person', id: facts.accountId } : { type: 'tenant', id: facts.tenantId },
    files: files.map(({ name, bytes, rows }) => ({ name, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, rows })),
    leftOut: Object.entries(leftOut).map(([what, why]) => ({ what, why })),
  });
  const all: ArchivedFile[] = [{ name: 'manifest.json', bytes: manifest }, { name: 'manifest.jws', bytes: Buffer.from(signDocument(keys, manifestType, manifest)) }, ...files];
  return await promisify(gzip)(tarOf(all, facts.createdAt));
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** A row as JSON has it: names in camelCase, bytes in hexadecimal. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()), Buffer.isBuffer(value) ? value.toString('hex') : value]),
  );
}
