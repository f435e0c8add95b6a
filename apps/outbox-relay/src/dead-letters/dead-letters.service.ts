import { Inject, Injectable } from '@nestjs/common';
import { Transactor, unitOf, type Tx } from '@plinth/database';
import { requireContentMatch, SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { AuditTrail } from '@plinth/outbox';
import {
  archivedLettersView,
  deadLetterView,
  isoTime,
  letterGroupView,
  wholeLetterView,
  type ArchivedLettersView,
  type DeadLetterView,
  type LetterGroupView,
  type WholeLetterView,
} from './dead-letter-view.js';
import { deadLetterErrors } from './dead-letters.errors.js';
import { DeadLettersRepository, type ArchivePosition, type GroupPosition, type WholeLetter } from './dead-letters.repository.js';
import type { DiscardDeadLetterDto } from './dto/discard-dead-letter.dto.js';
import type { ListArchiveQuery } from './dto/list-archive.query.js';
import { filtersOf, type ListDeadLettersQuery } from './dto/list-dead-letters.query.js';
import type { RedriveDeadLetterDto } from './dto/redrive-dead-letter.dto.js';
import { filterValues } from './letter-filters.js';
import { defaultMaxReplays } from './redrive-limits.js';
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
    const filters = filtersOf(query);
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['dead-letters', ...filterValues(filters).map(textOrNull)],
      read: (before: string | null, limit) => this.transactor.read(context, (conn) => this.letters.listLetters(conn, filters, before, limit)),
      positionOf: ({ sequence }) => sequence,
    });
    return { data: rows.map(deadLetterView), nextCursor };
  }

  /** What went wrong, and how often: letters by fingerprint. @throws Problem `cursor_invalid` (400) */
  async listGroups(context: RequestContext, query: ListDeadLettersQuery): Promise<Page<LetterGroupView>> {
    const filters = filtersOf(query);
    let newest: string | undefined;
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['dead-letter-groups', ...filterValues(filters).map(textOrNull)],
      read: async (position: GroupPosition | null, limit) => {
        const groups = await this.transactor.read(context, (conn) => this.letters.listGroups(conn, filters, position, limit));
        newest = position?.upTo ?? groups[0]?.last_sequence;
        return groups;
      },
      positionOf: ({ last_sequence: before }): GroupPosition => ({ before, upTo: newest ?? before }),
    });
    return { data: rows.map(letterGroupView), nextCursor };
  }

  /** Counts of letters that were purged. @throws Problem `cursor_invalid` (400) */
  async listArchive(context: RequestContext, query: ListArchiveQuery): Promise<Page<ArchivedLettersView>> {
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['dead-letter-archive', query.group ?? null, query.fingerprint ?? null],
      read: (before: ArchivePosition | null, limit) => this.transactor.read(context, (conn) => this.letters.listArchive(conn, query, before, limit)),
      positionOf: ({ day, fingerprint, status }): ArchivePosition => [day, fingerprint, status],
    });
    return { data: rows.map(archivedLettersView), nextCursor };
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
   * @throws Problem `dead_letter_not_found` (404), `consumer_group_unknown`, `replay_limit_reached`, `dead_letter_discarded`
   *   (409), `precondition_failed` (412), `reason_required` (422)
   */
  async requestRedrive(context: RequestContext, id: string, { force, reason }: RedriveDeadLetterDto): Promise<DeadLetterView> {
    const forced = force === true;
    if (forced && typeof reason !== 'string') throw deadLetterErrors.reasonRequired();
    return await this.transactor.run(context, async (tx) => {
      const letter = await this.claimLetter(tx, context, id);
      const { consumer_group: group, topic, partition, offset, event_id: eventId, status, replay_count: replayCount } = letter;
      if (group === null || !this.groups.includes(group)) throw deadLetterErrors.groupUnknown();
      if (!forced && status === 'discarded') throw deadLetterErrors.discarded();
      if (!forced && replayCount >= defaultMaxReplays) throw deadLetterErrors.replayLimitReached();
      const requested = await this.letters.requestRedrive(tx, id, context.principalId);
      this.audit.record(tx, context, {
        action: 'dead_letter.redrive',
        resource: { type: 'dead_letter', id },
        ...(typeof reason === 'string' ? { reason } : {}),
        before: { status, replayCount },
        after: { status: requested.status, replayCount, group, topic, partition, offset, eventId, forced, redriveRequestedAt: isoTime(requested.redrive_requested_at) },
      });
      unitOf(tx).afterCommit(() => this.worker.wake());
      return deadLetterView(requested);
    });
  }

  /**
   * Sets the letter aside for good: no redrive by filter takes it.
   *
   * @throws Problem `dead_letter_not_found` (404), `dead_letter_being_sent`, `dead_letter_discarded`, `dead_letter_processed` (409),
   *   `precondition_failed` (412)
   */
  async discard(context: RequestContext, id: string, { reason }: DiscardDeadLetterDto): Promise<DeadLetterView> {
    return await this.transactor.run(context, async (tx) => {
      const letter = await this.claimLetter(tx, context, id);
      const { status, consumer_group: group, event_id: eventId, replay_count: replayCount } = letter;
      if (letter.redrive_requested_at !== null) throw deadLetterErrors.beingSent();
      if (status === 'discarded') throw deadLetterErrors.discarded();
      if (status === 'processed') throw deadLetterErrors.processed();
      const discarded = await this.letters.discard(tx, id, context.principalId, reason);
      this.audit.record(tx, context, {
        action: 'dead_letter.discard',
        resource: { type: 'dead_letter', id },
        reason,
        before: { status, replayCount },
        after: { status: discarded.status, replayCount, group, eventId },
      });
      return deadLetterView(discarded);
    });
  }

  /** Locked, and held to what the operator has read of it. */
  private async claimLetter(tx: Tx, context: RequestContext, id: string): Promise<WholeLetter> {
    const letter = await this.letters.claimLetter(tx, id);
    if (letter === null) throw deadLetterErrors.notFound();
    requireContentMatch(context.ifMatch, () => wholeLetterView(letter));
    return letter;
  }
}

function textOrNull(value: string | number | null): string | null {
  return value === null ? null : String(value);
}
