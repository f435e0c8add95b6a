import { AuditRecordedV1, platformLogId, type AuditOutcome } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { newId, type Clock } from '@plinth/kernel';
import type { Outbox } from './outbox.js';

/** From whom and where a change comes; a request's context is one. */
export interface AuditOrigin {
  readonly tenantId: string | null;
  readonly principal: {
    readonly type: string;
    readonly id: string | null;
    /** Of an operator who acts in a tenant: under which grant, and what for. */
    readonly access?: { readonly grantId: string; readonly reason: string };
  };
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly traceparent: string | null;
  readonly clientIp: string | null;
  readonly userAgent: string | null;
}

/** What was done, and to what. It is a success where no outcome is given. */
export interface AuditRecord {
  /** The capability or the act, e.g. `tenant.update`, `auth.login`. */
  readonly action: string;
  readonly resource: { readonly type: string; readonly id: string | null };
  readonly outcome?: AuditOutcome;
  readonly reason?: string;
  readonly before?: Readonly<Record<string, unknown>> | null;
  readonly after?: Readonly<Record<string, unknown>> | null;
  /** RFC 6901 pointers to personal fields in `before` and `after`, e.g. `/after/email`. */
  readonly personal?: readonly string[];
}

const maxUserAgent = 1024;
const maxReason = 1000;

/** Writes what the audit trail will say, in the transaction of the change that it speaks of. */
export class AuditTrail {
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** The entry stands if the transaction commits, and only then; without a tenant it goes to the platform's log. A user agent is cut after 1,024 characters. */
  record(tx: Tx, origin: AuditOrigin, record: AuditRecord): void {
    const logId = origin.tenantId ?? platformLogId;
    this.outbox.append(tx, AuditRecordedV1, {
      aggregateId: logId,
      tenantId: origin.tenantId,
      traceparent: origin.traceparent,
      ordered: false, // the trail numbers on arrival: a tenant's writes must not queue behind its log
      payload: {
        entryId: newId(),
        tenantId: logId,
        occurredAt: this.clock.now().toISOString(),
        actor: { type: origin.principal.type, id: origin.principal.id },
        action: record.action,
        resource: record.resource,
        outcome: record.outcome ?? 'success',
        ip: origin.clientIp,
        // A cut may go through a surrogate pair, and half of one cannot be stored.
        userAgent: origin.userAgent?.slice(0, maxUserAgent).toWellFormed() ?? null,
        requestId: origin.requestId,
        traceId: origin.traceId,
        reason: reasonOf(record.reason, origin.principal.access),
        before: record.before ?? null,
        after: record.after ?? null,
        personal: [...(record.personal ?? [])],
      },
    });
  }
}

/** What an operator does in a tenant says under which grant; a reason of the act's own stands before it. */
function reasonOf(own: string | undefined, access: AuditOrigin['principal']['access']): string | null {
  if (access === undefined) return own ?? null;
  const why = `operator access ${access.grantId}: ${access.reason}`;
  return (own === undefined ? why : `${own} (${why})`).slice(0, maxReason).toWellFormed();
}
