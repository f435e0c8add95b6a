import { Injectable } from '@nestjs/common';
import { DataExportDownloadedV1, DataExportRequestedV1, retention } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Answer, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { OwnPassword } from '../sessions/own-password.js';
import { sessionOf } from '../sessions/own-sessions.service.js';
import { dataExportView, type DataExport, type DataExportView } from './data-export.js';
import { dataExportErrors } from './data-exports.errors.js';
import { DataExportsRepository, type ExportSubject } from './data-exports.repository.js';
import { ExportSettings } from './export-settings.js';

const dayMs = 86_400_000;
const mostInDay = 5;

/** Copies of data for whoever it is about: asked for by the password, had for some days, each handing out told and in the trail (ADR 0047). */
@Injectable()
export class DataExportsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly exports: DataExportsRepository,
    private readonly own: OwnPassword,
    private readonly settings: ExportSettings,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Takes the request on; a worker makes the archive.
   *
   * @param tenantId null for the caller's own data
   * @throws Problem `session_required` (403), `too_many_attempts`, `exports_too_many` (429), `export_pending` (409); `password_wrong` (403) is a rejection
   */
  async request(ctx: RequestContext, tenantId: string | null, password: string) {
    const own = await this.own.read(ctx);
    const right = await this.own.verify(ctx, own, password);
    const { accountId } = own;
    return await this.transactor.run(ctx, async (tx) => {
      if (!right || !(await this.own.holds(tx, own))) return this.own.refuse(tx, ctx, own, 'data_export.request');
      await this.own.succeeded(tx, ctx, own);
      const subject = { tenantId, accountId };
      const now = systemClock.now();
      await this.requireRoom(tx, subject, now);
      const made: DataExport = { id: newId(), tenantId, accountId, requestedAt: now, status: 'waiting', endedAt: null, sha256: null, sizeBytes: null, expiresAt: new Date(now.getTime() + retention.exportArchivesMs), error: null };
      await this.exports.insert(tx, made);
      this.outbox.append(tx, DataExportRequestedV1, { aggregateId: made.id, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { exportId: made.id, tenantId, userId: accountId } });
      this.audit.record(tx, ctx, { action: 'data_export.request', resource: { type: 'data_export', id: made.id }, after: { of: tenantId === null ? 'person' : 'tenant' } });
      return new Answer(dataExportView(made), { location: `${tenantId === null ? '/v1/auth' : `/v1/tenants/${tenantId}`}/exports/${made.id}` });
    });
  }

  async list(ctx: RequestContext, tenantId: string | null): Promise<{ data: readonly DataExportView[] }> {
    const rows = await this.transactor.read(ctx, (conn) => this.exports.listOf(conn, subjectOf(ctx, tenantId), systemClock.now()));
    return { data: rows.map(dataExportView) };
  }

  /** @throws Problem `export_not_found` (404) */
  async get(ctx: RequestContext, tenantId: string | null, id: string): Promise<DataExportView> {
    return dataExportView(await this.transactor.read(ctx, (conn) => this.exports.get(conn, id, subjectOf(ctx, tenantId), systemClock.now())));
  }

  /** @throws Problem `session_required` (403) for a caller without a session */
  async listOwn(ctx: RequestContext) {
    sessionOf(ctx.principal);
    return await this.list(ctx, null);
  }

  /** @throws Problem as `get`, `session_required` (403) for a caller without a session */
  async getOwn(ctx: RequestContext, id: string) {
    sessionOf(ctx.principal);
    return await this.get(ctx, null, id);
  }

  /** @throws Problem as `download` */
  async downloadOwn(ctx: RequestContext, id: string) {
    return await this.download(ctx, null, id);
  }

  /** Hands the archive out, which is told each time. @throws Problem `export_not_found` (404), `export_not_ready` (409), `session_required` (403) for a key: an archive is for people */
  async download(ctx: RequestContext, tenantId: string | null, id: string): Promise<Answer<Buffer>> {
    sessionOf(ctx.principal);
    return await this.transactor.run(ctx, async (tx) => {
      const found = await this.exports.get(tx, id, subjectOf(ctx, tenantId), systemClock.now());
      const sealed = await this.exports.readSealed(tx, id);
      if (found.status !== 'ready' || sealed === null) throw dataExportErrors.notReady();
      this.outbox.append(tx, DataExportDownloadedV1, { aggregateId: id, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload: { exportId: id, tenantId, by: callerOf(ctx) } });
      this.audit.record(tx, ctx, { action: 'data_export.download', resource: { type: 'data_export', id }, after: { sha256: found.sha256 } });
      return new Answer(this.settings.seal.open(sealed), { 'content-type': 'application/gzip', 'content-disposition': `attachment; filename="plinth-export-${id}.tar.gz"` });
    });
  }

  private async requireRoom(tx: Tx, subject: ExportSubject, now: Date): Promise<void> {
    await this.exports.lockSubject(tx, subject);
    const lately = await this.exports.listOf(tx, subject, now);
    if (lately.some(({ status }) => status === 'waiting')) throw dataExportErrors.pending();
    if (lately.filter(({ requestedAt }) => now.getTime() - requestedAt.getTime() < dayMs).length >= mostInDay) throw dataExportErrors.tooMany();
  }
}

function subjectOf(ctx: RequestContext, tenantId: string | null): ExportSubject {
  return { tenantId, accountId: callerOf(ctx) };
}

function callerOf({ principal: { id } }: RequestContext): string {
  if (id === null) throw new Error('the guard lets nobody in without an id');
  return id;
}
