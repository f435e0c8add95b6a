import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor, unitOf } from '@plinth/database';
import { SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { AuditTrail } from '@plinth/outbox';
import { DecisionWorker } from './decision-worker.js';
import { DecisionsRepository, type Decision } from './decisions.repository.js';
import type { ListHeldEventsQuery } from './dto/list-held-events.query.js';
import { heldEventView, outboxEventView, type HeldEventView, type OutboxEventView } from './held-event-view.js';
import { heldEventErrors } from './held-events.errors.js';
import { HeldEventsRepository, type HeldEventFilters, type OutboxEvent } from './held-events.repository.js';

const listHeldEvents = 'list_held_events';

/** Where a page ends: in this source, at this sequence. */
type Position = readonly [source: string, sequence: string];

@Injectable()
export class HeldEventsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly events: HeldEventsRepository,
    private readonly decisions: DecisionsRepository,
    private readonly cursors: SignedCursor,
    private readonly audit: AuditTrail,
    private readonly worker: DecisionWorker,
  ) {}

  /** Service by service, in each in the order of insertion. @throws Problem `cursor_invalid` (400) */
  async listEvents(query: ListHeldEventsQuery): Promise<Page<HeldEventView>> {
    const { source, status, eventType, tenantId } = query;
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['held-events', ...[source, status, eventType, tenantId].map((value) => value ?? null)],
      read: (after: Position | null, limit) => this.readPage(source, { status, eventType, tenantId }, after, limit),
      positionOf: ({ source: own, sequence }): Position => [own, sequence],
    });
    return { data: rows.map(heldEventView), nextCursor };
  }

  /** @throws Problem `outbox_event_not_found` (404) */
  async getEvent(context: RequestContext, source: string, id: string): Promise<OutboxEventView> {
    const event = await this.requireEvent(source, id);
    return outboxEventView(event, await this.transactor.read(context, (conn) => this.decisions.findLast(conn, source, id)));
  }

  /**
   * Notes what is decided of an event that has failed for good; the worker carries it out after the commit, if need be after a
   * crash. Until then the event stays failed, and nothing sends it. To decide the same again is harmless.
   *
   * @throws Problem `outbox_event_not_found` (404), `outbox_event_not_failed` (409), `outbox_decision_open` (409)
   */
  async decide(context: RequestContext, action: Decision['action'], source: string, id: string, reason: string): Promise<OutboxEventView> {
    const event = await this.requireEvent(source, id);
    return await this.transactor.run(context, async (tx) => {
      const open = await this.decisions.findOpen(tx, id);
      if (open !== null && open.action === action) return outboxEventView(event, open);
      if (open !== null) throw heldEventErrors.decisionOpen();
      if (event.status !== 'failed') throw heldEventErrors.notFailed();
      this.audit.record(tx, context, {
        action: `outbox.${action}`,
        resource: { type: 'outbox_event', id },
        reason,
        before: { source, eventType: event.event_type, status: event.status, attempts: event.attempts, lastError: event.last_error },
        after: { source, eventType: event.event_type, ...(action === 'skip' ? { status: 'skipped', attempts: event.attempts } : { status: 'processing', attempts: 0 }) },
      });
      const decision = await this.decisions.insert(tx, { id: newId(), source, event_id: id, action, reason, decided_by: context.principalId });
      if (decision === null) throw heldEventErrors.decisionOpen();
      unitOf(tx).afterCommit(() => this.worker.wake());
      return outboxEventView(event, decision);
    });
  }

  private async requireEvent(source: string, id: string): Promise<OutboxEvent> {
    const service = services.find(({ name }) => name === source);
    const event = service && (await this.transactor.readSystem(listHeldEvents, (conn) => this.events.findEvent(conn, service, id)));
    if (event === undefined || event === null) throw heldEventErrors.notFound();
    return event;
  }

  private async readPage(source: string | undefined, filters: HeldEventFilters, after: Position | null, limit: number) {
    const from = after === null ? 0 : services.findIndex(({ name }) => name === after[0]);
    const wanted = services.slice(Math.max(0, from)).filter(({ name }) => source === undefined || name === source);
    return await this.transactor.readSystem(listHeldEvents, async (conn) => {
      const rows = [];
      for (const service of wanted) {
        const begin = after !== null && service.name === after[0] ? after[1] : '0';
        if (rows.length < limit) rows.push(...(await this.events.listHeld(conn, service, filters, begin, limit - rows.length)));
      }
      return rows;
    });
  }
}
