import { Injectable } from '@nestjs/common';
import { retentionClassNames, type RetentionClassName } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { AuditTrail, type AuditOrigin } from '@plinth/outbox';
import { RetentionRepository } from './retention.repository.js';

/** Rows a transaction: small enough that its locks last milliseconds. */
const stepRows = 500;
/** Transactions of one call, over all classes: its caller waits 25 s at most. */
const mostSteps = 100;

type Counts = Readonly<Record<RetentionClassName, number>>;

/** What a call has come to. */
export interface EnforcedRetention {
  readonly deleted: Counts;
  /** What is past its time and stays, for a legal hold keeps it. */
  readonly held: Counts;
  /** Whether there is more to be deleted now. */
  readonly more: boolean;
}

/**
 * Deletes what is past its time and not held. Each step is a transaction of its own that also writes, for each tenant of which something went,
 * how much into that tenant's trail (the platform's for what belongs to no tenant): nothing is gone that is not counted there. Two at once
 * delete each row once, and each counts what it has deleted.
 */
@Injectable()
export class RetentionEnforcementService {
  constructor(
    private readonly transactor: Transactor,
    private readonly retention: RetentionRepository,
    private readonly audit: AuditTrail,
    private readonly logger: Logger,
  ) {}

  /** One class that fails does not keep the others from their turn. @throws the first error, after all have had their turn */
  async enforce(ctx: RequestContext): Promise<EnforcedRetention> {
    const [deleted, held] = [none(), none()];
    const failures: unknown[] = [];
    let steps = mostSteps;
    for (const dataClass of retentionClassNames) {
      try {
        for (let gone = -1; gone !== 0 && steps > 0; steps -= 1) {
          gone = await this.step(ctx, dataClass);
          deleted[dataClass] += gone;
        }
        held[dataClass] = (await this.transactor.readSystem('retention_preview', (conn) => this.retention.preview(conn, dataClass))).held;
      } catch (error) {
        this.logger.error('a class of data could not be deleted', { source: dataClass, error });
        failures.push(error);
      }
    }
    await this.transactor.runSystem('enforce_retention', (tx) => {
      this.audit.record(tx, originOf(ctx, null), {
        ...{ action: 'retention.enforce', resource: { type: 'retention', id: null }, after: { deleted, held } },
        ...(failures.length === 0 ? {} : { outcome: 'failure', reason: 'class_failed' }),
      });
      return Promise.resolve();
    });
    if (failures.length > 0) throw failures[0];
    return { deleted, held, more: steps === 0 };
  }

  private async step(ctx: RequestContext, dataClass: RetentionClassName): Promise<number> {
    return await this.transactor.runSystem('enforce_retention', async (tx) => {
      const deleted = await this.retention.enforce(tx, dataClass, stepRows);
      for (const { tenantId, gone } of deleted) {
        this.audit.record(tx, originOf(ctx, tenantId), { action: 'retention.delete', resource: { type: 'retention', id: tenantId }, after: { dataClass, deleted: gone } });
      }
      return deleted.reduce((sum, { gone }) => sum + gone, 0);
    });
  }
}

function none(): Record<RetentionClassName, number> {
  return { ended_invitations: 0, ended_api_keys: 0, usage_people: 0, ended_sessions: 0, obsolete_consents: 0 };
}

/** The service that asks, in the trail of this tenant. */
function originOf({ principal, requestId, traceId, traceparent, clientIp, userAgent }: RequestContext, tenantId: string | null): AuditOrigin {
  return { tenantId, principal, requestId, traceId, traceparent, clientIp, userAgent };
}
