import { Injectable } from '@nestjs/common';
import { KeyRing } from '@plinth/auth';
import { platformLogId } from '@plinth/contracts';
import { ArchiveContents, type ArchivedTable } from './archive-contents.js';
import { ArchiveParts } from './archive-parts.js';
import { ArchiveWriter, type ArchiveFacts, type ArchiveSize, type Incomplete } from './archive.js';
import { ExportSettings } from './export-settings.js';

const full = 'The archive is full: it holds the newest. The rest is where it was; an auditor reads it by the API.';

/** A part that another service gives. */
interface Part {
  /** `schema.table`. */
  readonly what: string;
  readonly tenantId: string;
  readonly upTo: ArchiveSize;
  readonly tables: AsyncIterable<ArchivedTable>;
}

/** What somebody who has an archive made is told, and may say. */
export interface ArchiveRun {
  readonly signal: AbortSignal;
  /** Called behind each file. */
  readonly progress: () => Promise<void>;
}

/**
 * Makes an archive: what is here, whole, then what other services hold, newest first, as far as there is room. What does not fit is told in the
 * manifest; what cannot be had ends the making.
 */
@Injectable()
export class ArchiveMaker {
  constructor(
    private readonly contents: ArchiveContents,
    private readonly parts: ArchiveParts,
    private readonly settings: ExportSettings,
    private readonly keys: KeyRing,
  ) {}

  /** @throws ArchiveTooLarge; Problem where another service does not answer; the signal's reason */
  async make(facts: Omit<ArchiveFacts, 'issuer'>, createdAt: Date, run: ArchiveRun): Promise<Buffer> {
    const writer = new ArchiveWriter(createdAt);
    const { tables, parts } = facts.tenantId === null ? await this.ofPerson(facts.accountId) : await this.ofTenant(facts.tenantId);
    for (const { name, rows } of tables) await writer.add(name, rows.map(plain));
    const incomplete: Incomplete[] = [];
    const files = new Map<string, number>();
    for (const part of parts) incomplete.push(...(await addPart(writer, part, files, run)));
    return await writer.end({ ...facts, issuer: this.settings.issuer }, incomplete, this.keys);
  }

  private async ofTenant(tenantId: string) {
    const { usage, trail } = this.settings.room;
    const parts: readonly Part[] = [
      { what: 'ai.usage_record', tenantId, upTo: usage, tables: this.parts.usage(tenantId, null) },
      { what: 'audit.entry', tenantId, upTo: trail, tables: this.parts.trailOfTenant(tenantId) },
    ];
    return { tables: await this.contents.ofTenant(tenantId), parts };
  }

  /** The trail knows tenants that the person has left. */
  private async ofPerson(accountId: string) {
    const { usage, trail } = this.settings.room;
    const logs = new Set([...(await this.contents.listTenantsOf(accountId)), ...(await this.parts.listLogsOf(accountId))]);
    const tenants = [...logs].filter((id) => id !== platformLogId).sort();
    const tables = await this.contents.ofPerson(accountId, tenants);
    const invitationsIn = (tenantId: string) => (tables.find(({ name }) => name === 'invitation')?.rows ?? []).flatMap((row) => (row['tenant_id'] === tenantId ? [String(row['id'])] : []));
    const parts: readonly Part[] = [
      ...tenants.map((tenantId) => ({ what: 'ai.usage_record', tenantId, upTo: usage, tables: this.parts.usage(tenantId, accountId) })),
      ...[...tenants, platformLogId].map((tenantId) => ({ what: 'audit.entry', tenantId, upTo: trail, tables: this.parts.trailOfPerson(tenantId, accountId, invitationsIn(tenantId)) })),
    ];
    return { tables, parts };
  }
}

/** @param files how many there are of each table; a page is a file. @returns what there was no room for */
async function addPart(writer: ArchiveWriter, { what, tenantId, upTo, tables }: Part, files: Map<string, number>, { signal, progress }: ArchiveRun): Promise<Incomplete[]> {
  let count = 0;
  for await (const { name, rows } of tables) {
    signal.throwIfAborted();
    if (rows.length === 0) continue;
    const { packed, unpacked } = writer.size;
    if (packed > upTo.packed || unpacked > upTo.unpacked) return [{ what, tenantId: tenantId === platformLogId ? null : tenantId, rows: count, why: full }];
    const number = (files.get(name) ?? 0) + 1;
    files.set(name, number);
    await writer.add(`${name}/${String(number).padStart(5, '0')}`, rows);
    if (name === tableOf(what)) count += rows.length;
    await progress();
  }
  return [];
}

const tableOf = (what: string) => what.replace('.', '_');

/** A row as JSON has it: names in camelCase, bytes in hexadecimal. */
function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()), Buffer.isBuffer(value) ? value.toString('hex') : value]),
  );
}
