import { Inject, Injectable } from '@nestjs/common';
import { Transactor, unitOf } from '@plinth/database';
import { requireContentMatch, SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';
import { deadLetterView, wholeLetterView, type DeadLetterView, type WholeLetterView } from './dead-letter-view.js';
import { deadLetterErrors } from './dead-letters.errors.js';
import { DeadLettersRepository } from './dead-letters.repository.js';
import type { ListDeadLettersQuery } from './dto/list-dead-letters.query.js';
import { REDRIVE_GROUPS } from './redrive-groups.js';
import { RedriveWorker } from './redrive-worker.js';

@Injectable()
export class DeadLettersService {
  constructor(
    private readonly transactor: Transactor,
    private readonly letters: DeadLettersRepository,
    private readonly cursors: SignedCursor,
    private readonly audit: AuditTrail,
    private readonly worker: RedriveWorker,
    @Inject(REDRIVE_GROUPS) private readonly groups: readonly string[],
  ) {}

  /** @throws Problem `cursor_invalid` (400) */
  async listLetters(context: RequestContext, query: ListDeadLettersQuery): Promise<Page<DeadLetterView>> {
    const { group, topic, error, status } = query;
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['dead-letters', ...[group, topic, error, status].map((value) => value ?? null)],
      read: (before: string | null, limit) => this.transactor.read(context, (conn) => this.letters.listLetters(conn, { group, topic, error, status }, before, limit)),
      positionOf: ({ sequence }) => sequence,
    });
    return { data: rows.map(deadLetterView), nextCursor };
  }

  /** The letter may hold a tenant's data, so that it was read is in the platform's log. @throws Problem `dead_letter_not_found` (404) */
  async getLetter(context: RequestContext, id: string): Promise<WholeLetterView> {
    return await this.transactor.run(context, async (tx) => {
      const letter = await this.letters.findLetter(tx, id);
      if (letter === null) throw deadLetterErrors.notFound();
      this.audit.record(tx, context, { action: 'dead_letter.read', resource: { type: 'dead_letter', id } });
      return wholeLetterView(letter);
    });
  }

  /**
   * Notes that the letter is to be sent again; the worker sends it after the commit, if need be after a crash.
   * Asking again, also when it was sent already, is harmless: the group's inbox drops what it has handled.
   *
   * @throws Problem `dead_letter_not_found` (404), `consumer_group_unknown` (409), `precondition_failed` (412)
   */
  async requestRedrive(context: RequestContext, id: string): Promise<DeadLetterView> {
    return await this.transactor.run(context, async (tx) => {
      const letter = await this.letters.claimLetter(tx, id);
      if (letter === null) throw deadLetterErrors.notFound();
      requireContentMatch(context.ifMatch, () => wholeLetterView(letter));
      const { consumer_group: group, topic, partition, offset, event_id: eventId, status, replay_count: replayCount } = letter;
      if (group === null || !this.groups.includes(group)) throw deadLetterErrors.groupUnknown();
      const requested = await this.letters.requestRedrive(tx, id, context.principalId);
      this.audit.record(tx, context, {
        action: 'dead_letter.redrive',
        resource: { type: 'dead_letter', id },
        before: { status, replayCount },
        after: { status, replayCount, group, topic, partition, offset, eventId, redriveRequestedAt: requested.redrive_requested_at?.toISOString() ?? null },
      });
      unitOf(tx).afterCommit(() => this.worker.wake());
      return deadLetterView(requested);
    });
  }
}
