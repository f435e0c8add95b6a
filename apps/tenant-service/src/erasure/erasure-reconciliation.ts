import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { traceOf } from '@plinth/http';
import { isUuid, newId, systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { AuditServiceConnection } from '../service-connections/service-connections.js';
import { SessionEnd } from '../sessions/session-end.js';
import { ErasureRecord } from './erasure-record.js';
import { ErasuresRepository, type KnownErasure } from './erasures.repository.js';
import { hashReceipt, newReceipt } from './receipt.js';

const intervalMs = 3_600_000;
const backoff = { baseMs: 1_000, capMs: 300_000 };
/** Of each side a page at a time; audit-service's are as large. */
const pageSize = 500;
const timeoutMs = 10_000;
/** So long an erasure may be on its way to audit-service before it counts as forgotten there. */
const onItsWayMs = 3_600_000;

/** What audit-service knows of an erasure. */
interface TrailErasure {
  readonly id: string;
  readonly subjects: readonly string[];
}

/**
 * Holds the erasures that audit-service knows against those that are known here, at the start and every hour. Where the one or the other was
 * restored to a moment before an erasure, it has forgotten it, and the person is back: whoever remembers it has it done again, the same way as the
 * first time (ADR 0048).
 *
 * Guarantee: what both know is left alone, and nobody is erased for an id that this service has not made for them (`ErasureIds`).
 * Safe with several copies: yes, one of them does it.
 * Telemetry: a line in the log and an entry in the trail for each that is done again.
 * Limits: what neither remembers is lost, and so are receipts.
 */
@Injectable()
export class ErasureReconciliation extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly erasures: ErasuresRepository,
    private readonly auditService: AuditServiceConnection,
    private readonly sessions: SessionEnd,
    private readonly record: ErasureRecord,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'erasure-reconciliation', intervalMs, backoff, logger, metrics });
  }

  /** All erasures, a page at a time, in the order of their ids. @throws Problem where audit-service does not answer; the driver's error where the database is away */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    // An earlier erasure of the same person is as good: who was back and asked again is known there under the first id. Some bytes a person.
    const subjects = new Set<string>();
    for (let after: string | null | undefined; after !== null && !signal.aborted; ) after = await this.reconcile(after ?? null, subjects);
    return 'after_interval';
  }

  /** @param subjects those of whom audit-service knows an erasure; what this page has is added. @returns up to where both sides have been seen; null at the end */
  private async reconcile(after: string | null, subjects: Set<string>): Promise<string | null> {
    const theirs = await this.listTheirs(after);
    for (const subject of theirs.flatMap((each) => each.subjects)) subjects.add(subject);
    const ours = await this.erasures.listFrom(after, pageSize);
    const end = [theirs, ours].flatMap((page) => (page.length < pageSize ? [] : [page.at(-1)?.id ?? ''])).sort()[0] ?? null;
    const isSeen = ({ id }: { readonly id: string }) => end === null || id <= end;
    const [here, there] = [new Set(ours.map(({ id }) => id)), new Set(theirs.map(({ id }) => id))];
    for (const erasure of theirs.filter((each) => isSeen(each) && !here.has(each.id))) await this.carryOutAgain(erasure);
    for (const erasure of ours.filter((each) => isSeen(each) && !there.has(each.id) && !subjects.has(each.accountId) && isOverdue(each))) await this.tellAgain(erasure);
    return end;
  }

  private async listTheirs(after: string | null): Promise<readonly TrailErasure[]> {
    const answer = (await this.auditService.calls.json({ path: `/internal/v1/erasures${after === null ? '' : `?after=${after}`}`, timeoutMs })) as { data?: unknown } | null;
    const { data } = answer ?? {};
    if (!Array.isArray(data)) throw new Error('the answer of audit-service has another form');
    return data as readonly TrailErasure[];
  }

  /** For each account among the ids under which the person was known. `ErasureWorker` does the rest. */
  private async carryOutAgain({ id, subjects }: TrailErasure): Promise<void> {
    for (const accountId of subjects.filter(isUuid)) {
      const became = await this.transactor.run({ tenantId: null, principalId: accountId }, async (tx) => {
        // The receipt was given away and is not known any more: this one is nobody's.
        const inserted = await this.erasures.insertAgain(tx, { id, accountId, receiptHash: hashReceipt(newReceipt()), requestedAt: systemClock.now() });
        if (inserted !== 'again') return inserted;
        const origin = ownOrigin();
        this.record.again(tx, origin, accountId, id);
        await this.sessions.revokeAll(tx, { principal: { type: 'user', id: accountId, tenantId: null, roles: [] }, traceparent: origin.traceparent }, 'revoked');
        return inserted;
      });
      if (became === 'again') this.logger.warn('an account that was erased is there again, and is erased again', { eventId: id });
      if (became === 'unknown') this.logger.error('audit-service knows an erasure that was never made here: it is not carried out', { eventId: id });
    }
  }

  private async tellAgain({ id, accountId, subjects }: KnownErasure): Promise<void> {
    const isTold = await this.transactor.run({ tenantId: null, principalId: accountId }, async (tx) => {
      if (!(await this.erasures.noteToldAgain(tx, id, systemClock.now()))) return false;
      this.record.toldAgain(tx, ownOrigin(), { userId: accountId, erasureId: id, subjects: [...(subjects ?? [accountId])] });
      return true;
    });
    if (isTold) this.logger.warn('audit-service does not know an erasure, and is told again', { eventId: id });
  }
}

/** Nobody has asked for it. */
function ownOrigin() {
  return { tenantId: null, principal: { type: 'service', id: 'tenant-service' }, requestId: newId(), ...traceOf(undefined), clientIp: null, userAgent: null };
}

function isOverdue({ erasedAt }: KnownErasure): boolean {
  return erasedAt !== null && systemClock.now().getTime() - erasedAt.getTime() > onItsWayMs;
}
