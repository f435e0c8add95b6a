import { Inject, Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor, type Conn } from '@plinth/database';
import { SignedCursor, type Page } from '@plinth/http';
import { listMissing, listSurplus, listWaiting } from '@plinth/outbox';
import { CONSERVATION_POLICY, type ConservationPolicy } from './conservation-policy.js';
import { countsView, type BalanceView, type UnbalancedMinuteView } from './conservation-view.js';
import { ConservationRepository, type MinuteRow } from './conservation.repository.js';
import type { ListUnbalancedQuery } from './dto/list-unbalanced.query.js';

const readConservation = 'read_conservation';
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const idsAMinute = 20;

type Position = readonly [minute: string, source: string, group: string];

@Injectable()
export class ConservationService {
  constructor(
    private readonly transactor: Transactor,
    private readonly repository: ConservationRepository,
    private readonly cursors: SignedCursor,
    @Inject(CONSERVATION_POLICY) private readonly policy: ConservationPolicy,
  ) {}

  async describeBalance(): Promise<{ readonly data: readonly BalanceView[] }> {
    return await this.transactor.readSystem(readConservation, async (conn) => {
      const marks = await this.repository.listMarks(conn);
      const data = (await this.repository.sumDay(conn)).map((row) => {
        const mark = marks.find(({ source }) => source === row.source);
        const { minutes, unbalanced: unbalancedMinutes } = row;
        return { ...countsView(row), minutes, unbalancedMinutes, checkedUntil: mark?.checked_until.toISOString() ?? null, checkedAt: mark?.checked_at.toISOString() ?? null };
      });
      return { data };
    });
  }

  /** Newest first. @throws Problem `cursor_invalid` (400) */
  async listUnbalanced(query: ListUnbalancedQuery): Promise<Page<UnbalancedMinuteView>> {
    const source = query.source ?? null;
    return await this.transactor.readSystem(readConservation, async (conn) => {
      const { rows, nextCursor } = await this.cursors.readPage(query, {
        binding: ['unbalanced', source],
        read: (before: Position | null, limit) => this.repository.listUnbalanced(conn, source, before, limit),
        positionOf: (row): Position => [row.minute.toISOString(), row.source, row.consumer_group],
      });
      const data = [];
      for (const row of rows) {
        data.push({ ...countsView(row), minute: row.minute.toISOString(), closed: row.closed, checkedAt: row.checked_at.toISOString(), ids: await this.idsOf(conn, row) });
      }
      return { data, nextCursor };
    });
  }

  private async idsOf(conn: Conn, { source, consumer_group: group, minute, waiting, missing, surplus }: MinuteRow): Promise<UnbalancedMinuteView['ids']> {
    const service = services.find(({ name }) => name === source);
    const consumer = (await this.repository.listConsumers(conn, this.policy.consumers)).find((known) => known.group === group);
    const window = { from: minute.toISOString(), until: new Date(minute.getTime() + minuteMs).toISOString() };
    const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);
    if (service === undefined) return { waiting: [], missing: [], surplus: [] };
    // What was handled was told within the hour before; the inbox is read by when it was handled.
    const received = { from: window.from, until: new Date(minute.getTime() + hourMs).toISOString() };
    const late = surplus > 0 && consumer !== undefined ? await listSurplus(conn, service, consumer, received, window.from, idsAMinute) : [];
    return {
      waiting: waiting > 0 ? ids(await listWaiting(conn, service, window, idsAMinute)) : [],
      missing: missing > 0 && consumer !== undefined ? ids(await listMissing(conn, service, consumer, window, idsAMinute)) : [],
      surplus: ids(late.filter(({ told_at: toldAt }) => toldAt < new Date(window.until))),
    };
  }
}
