import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import { Logger } from '@plinth/logging';
import { AuditTrail, CommitHint, type AuditOrigin } from '@plinth/outbox';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { DecisionsRepository, type Decision } from './decisions.repository.js';
import { HeldEventsRepository } from './held-events.repository.js';

/** The name of the transaction that changes outboxes of all services. */
const carryOutDecisions = 'carry_out_decisions';

// A request of this process wakes the worker; one of another replica, or of before a crash, waits this long.
const intervalMs = 500;
const batchSize = 50;
const backoff = { baseMs: 100, capMs: 2000 };

/**
 * Carries out what operators have decided of events that failed for good.
 *
 * Guarantee: each decision once, with its outcome in the same transaction. Only what is failed is changed, so nothing that
 * a loop has in hand: an event that is skipped has not been sent since it failed, and will not be.
 * Safe with several copies: yes, each takes decisions that no other has.
 */
@Injectable()
export class DecisionWorker extends Worker {
  constructor(
    private readonly transactor: Transactor,
    private readonly decisions: DecisionsRepository,
    private readonly events: HeldEventsRepository,
    private readonly audit: AuditTrail,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'event decisions', intervalMs, backoff, logger, metrics });
  }

  /** One batch. @throws the driver's error where the database is away */
  override async runOnce(): Promise<NextRun> {
    const done = await this.transactor.runSystem(carryOutDecisions, async (tx) => {
      const open = await this.decisions.claimOpen(tx, batchSize);
      for (const decision of open) await this.carryOut(tx, decision);
      return open;
    });
    // The loops look again at once; without a hint they would within their interval.
    for (const source of new Set(done.map((decision) => decision.source))) this.hintTo(source);
    return done.length === batchSize ? 'at_once' : 'after_interval';
  }

  private async carryOut(tx: Tx, decision: Decision): Promise<void> {
    const { id, source, event_id: eventId, action } = decision;
    const service = services.find(({ name }) => name === source);
    const changed = service !== undefined && (await this.events[action](tx, service, eventId));
    await this.decisions.end(tx, id, changed ? 'done' : 'too_late');
    if (!changed) this.audit.record(tx, originOf(decision), { action: `outbox.${action}`, resource: { type: 'outbox_event', id: eventId }, outcome: 'failure', reason: 'not failed any more' });
    if (changed) this.logger.info('decision of a failed event carried out', { source, eventId, name: action });
    else this.logger.warn('decision of a failed event came too late', { source, eventId, name: action });
  }

  private hintTo(source: string): void {
    const schema = services.find(({ name }) => name === source)?.schema;
    if (schema !== undefined) new CommitHint(this.transactor, schema).send();
  }
}

function originOf({ decided_by: id }: Decision): AuditOrigin {
  return { tenantId: null, principal: { type: 'operator', id }, requestId: null, traceId: null, traceparent: null, clientIp: null, userAgent: null };
}
