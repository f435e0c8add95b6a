import { createHash } from 'node:crypto';
import { createGzip } from 'node:zlib';
import { signDocument, type KeyRing } from '@plinth/auth';
import { leftOut, leftOutOfPersons } from './data-sets.js';
import { tarEnd, tarEntryOf } from './tar.js';

/** `typ` of the signature, which keeps it apart from tokens of the same keys. */
export const manifestType = 'plinth-export+jws';

/** What an archive is of. */
export interface ArchiveFacts {
  readonly id: string;
  readonly issuer: string;
  readonly tenantId: string | null;
  readonly accountId: string;
}

/** What an archive does not hold all of, told in its manifest. */
export interface Incomplete {
  /** `schema.table`. */
  readonly what: string;
  /** Of which tenant; null for what is the platform's. */
  readonly tenantId: string | null;
  /** How many rows it holds: the newest. */
  readonly rows: number;
  readonly why: string;
}

/** How large an archive is by now. */
export interface ArchiveSize {
  readonly packed: number;
  readonly unpacked: number;
}

/** What a row and an answer hold at ease, packed; and what whoever verifies it unpacks (`make verify-export`). */
const usualMost: ArchiveSize = { packed: 64 * 1_048_576, unpacked: 1_000 * 1_048_576 };

export class ArchiveTooLarge extends Error {
  override readonly name = 'ArchiveTooLarge';
}

/**
 * Makes a gzipped tar of JSON files, file by file: what is held in memory are the packed bytes and the file that is being added. Last come
 * `manifest.json`, which names each with its SHA-256, and `manifest.jws`, the signature over it: a compact JWS (RFC 7515) by Ed25519, whose
 * payload are the manifest's bytes.
 */
export class ArchiveWriter {
  private readonly gzip = createGzip();
  private readonly packed: Buffer[] = [];
  private readonly files: { readonly name: string; readonly sha256: string; readonly bytes: number; readonly rows: number }[] = [];
  private sizes = { packed: 0, unpacked: 0 };

  constructor(
    private readonly createdAt: Date,
    private readonly most: ArchiveSize = usualMost,
  ) {
    this.gzip.on('data', (chunk: Buffer) => {
      this.packed.push(chunk);
      this.sizes.packed += chunk.length;
    });
  }

  /** Some kilobytes may be still on their way. */
  get size(): ArchiveSize {
    return { ...this.sizes };
  }

  /** @param name the file's, below `data/` and without its ending. @throws ArchiveTooLarge */
  async add(name: string, rows: readonly unknown[]): Promise<void> {
    const bytes = jsonOf(rows);
    const file = `data/${name}.json`;
    await this.append(file, bytes);
    this.files.push({ name: file, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, rows: rows.length });
  }

  /** The archive. Nothing is added afterwards. @throws ArchiveTooLarge */
  async end(facts: ArchiveFacts, incomplete: readonly Incomplete[], keys: KeyRing): Promise<Buffer> {
    const ofPerson = facts.tenantId === null;
    const manifest = jsonOf({
      ...{ format: 'plinth-export', version: 1, id: facts.id, issuer: facts.issuer, createdAt: this.createdAt.toISOString() },
      subject: ofPerson ? { type: 'person', id: facts.accountId } : { type: 'tenant', id: facts.tenantId },
      files: this.files,
      incomplete,
      leftOut: Object.entries({ ...leftOut, ...(ofPerson ? leftOutOfPersons : {}) }).map(([what, why]) => ({ what, why })),
    });
    await this.append('manifest.json', manifest);
    await this.append('manifest.jws', Buffer.from(signDocument(keys, manifestType, manifest)));
    await this.write(tarEnd);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.gzip.once('end', resolve).end();
    await ended;
    this.requireRoom();
    return Buffer.concat(this.packed);
  }

  private async append(name: string, bytes: Buffer): Promise<void> {
    for (const part of tarEntryOf({ name, bytes }, this.createdAt)) await this.write(part);
    this.requireRoom();
  }

  /** Ends when the bytes are packed. */
  private async write(bytes: Buffer): Promise<void> {
    this.sizes.unpacked += bytes.length;
    const { promise: written, resolve, reject } = Promise.withResolvers<void>();
    this.gzip.write(bytes, (error) => (error ? reject(error) : resolve()));
    await written;
  }

  private requireRoom(): void {
    if (this.sizes.packed > this.most.packed || this.sizes.unpacked > this.most.unpacked) throw new ArchiveTooLarge('the archive is larger than may be');
  }
}

function jsonOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
