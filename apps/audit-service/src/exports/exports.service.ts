import { Inject, Injectable } from '@nestjs/common';
import { authErrors, KeyRing } from '@plinth/auth';
import { Transactor, type Conn } from '@plinth/database';
import { shape, type Described, type RequestContext } from '@plinth/http';
import { AUDIT_KEYS } from '../trail/audit-keys.js';
import type { SubjectKeys } from '../trail/personal-values.js';
import { timeOf } from '../trail/stored-entry.js';
import { SubjectKeysService } from '../trail/subject-keys.service.js';
import type { HeadRow } from '../trail/verify-chain.js';
import { ChainsRepository } from '../verification/chains.repository.js';
import type { PersonPageQuery } from './dto/export.query.js';
import { exportedEntry, exportedEntryShape, ownEntry, ownEntryShape } from './export-views.js';
import { ExportsRepository, type ExportedRow } from './exports.repository.js';

const nextShape = shape.nullable(shape.text('For the next part’s `before`; null behind the last one.'));
const headShape = shape.record({
  size: shape.integer(),
  hash: shape.text(),
  updatedAt: shape.text(),
  keyId: shape.text(),
  signature: shape.text('Ed25519, in hexadecimal; empty on a head that was left unsigned.'),
  keys: shape.list(shape.anyObject(), 'The public keys of the trail, as JWK.'),
});
export const tenantPageShape = shape.record({ data: shape.list(exportedEntryShape), next: nextShape, head: shape.nullable(headShape) });
export const personPageShape = shape.record({ data: shape.list(ownEntryShape), next: nextShape });
export const logsShape = shape.record({ tenantIds: shape.list(shape.uuid()) });

/** Parts of the trail for archives that tenant-service makes, each in the transaction of one tenant (ADR 0050). */
@Injectable()
export class ExportsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly exports: ExportsRepository,
    private readonly chains: ChainsRepository,
    private readonly subjects: SubjectKeysService,
    @Inject(AUDIT_KEYS) private readonly keys: KeyRing,
  ) {}

  /** A part of the tenant's log, and the log's signed end as of the same moment. @throws Problem `tenant_required` (403) for a call in no tenant */
  async listOfTenant(context: RequestContext, before: string | null): Promise<Described<typeof tenantPageShape>> {
    return await this.readIn(context, async (conn, tenantId) => {
      const rows = await this.exports.listOfTenant(conn, tenantId, before);
      const subjectKeys = await this.subjects.keysOfRows(conn, tenantId, rows);
      return { data: rows.map((row) => exportedEntry(row, subjectKeys)), next: nextOf(rows), head: this.headOf(await this.chains.findHead(conn, tenantId)) };
    });
  }

  /** A part of what the tenant's log has of a person. @throws Problem `tenant_required` (403) for a call in no tenant */
  async listOfPerson(context: RequestContext, { person, invitations, before }: PersonPageQuery): Promise<Described<typeof personPageShape>> {
    const whose = { person, subjects: [person, ...(invitations?.split(',') ?? [])] };
    return await this.readIn(context, async (conn, tenantId) => {
      const rows = await this.exports.listOfPerson(conn, tenantId, whose, before ?? null);
      const subjectKeys: SubjectKeys = await this.subjects.keysOfRows(conn, tenantId, rows);
      return { data: rows.map((row) => ownEntry(row, subjectKeys, tenantId, whose)), next: nextOf(rows) };
    });
  }

  /** In which tenants' logs something of the person stands, also of those that the person has left. */
  async listLogsOf(person: string): Promise<Described<typeof logsShape>> {
    return { tenantIds: await this.transactor.readSystem('logs_of_person', (conn) => this.exports.listLogsOf(conn, person)) };
  }

  /** For the tenant that the caller's identity names, and no other; never the platform's log for want of one. */
  private async readIn<T>({ tenantId, principalId }: RequestContext, read: (conn: Conn, tenantId: string) => Promise<T>): Promise<T> {
    if (tenantId === null) throw authErrors.tenantRequired();
    return await this.transactor.read({ tenantId, principalId }, (conn) => read(conn, tenantId), { snapshot: true });
  }

  private headOf(row: HeadRow | null): Described<typeof headShape> | null {
    if (row === null) return null;
    const { hash, key_id: keyId, signature, updated_at: at } = row;
    return { size: Number(row.size), hash, updatedAt: timeOf(at), keyId, signature, keys: this.keys.publicJwks().keys.map((key) => ({ ...key })) };
  }
}

function nextOf(rows: readonly ExportedRow[]): string | null {
  return rows.at(-1)?.sequence ?? null;
}
