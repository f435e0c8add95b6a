import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor, type Conn } from '@plinth/database';
import { outboxMetrics } from '@plinth/outbox';
import { atMostEvery, Metrics, type Instruments } from '@plinth/telemetry';
import type { RunReport } from './source-publisher.js';

const backlogIntervalMs = 5_000;
const unpublished = ['pending', 'processing', 'failed'] as const;

/**
 * What is not published and was not skipped, of one source. Index: idx_outbox_status leads to these rows past all that was
 * published, and has their age. Order: none is promised. Lock: none.
 */
const backlogOf = (source: string, schema: string) => `
  SELECT '${source}' AS source, status, (count(*) - CASE status WHEN 'failed' THEN (SELECT count(*) FROM ${schema}.event_outbox WHERE skipped_at IS NOT NULL) ELSE 0 END)::int AS events,
         coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE status <> 'failed')), 0)::float8 AS age_seconds
  FROM ${schema}.event_outbox WHERE status IN ('pending', 'processing', 'failed') GROUP BY status`;

const backlogQuery = services.map(({ name, schema }) => backlogOf(name, schema)).join(' UNION ALL ');

interface BacklogRow {
  readonly source: string;
  readonly status: (typeof unpublished)[number];
  readonly events: number;
  readonly age_seconds: number;
}

/**
 * What waits in the outboxes, looked up when scraped and at most every 5 s, and what this replica has
 * published. Every replica shows the same backlog, for it is in the database.
 */
@Injectable()
export class BacklogMetrics {
  private readonly instruments: Instruments<typeof outboxMetrics>;

  constructor(
    metrics: Metrics,
    private readonly transactor: Transactor,
  ) {
    this.instruments = metrics.of(outboxMetrics);
    for (const { name: source } of services) this.ran(source, { published: 0, failed: 0, unavailable: undefined });
    metrics.beforeScrape(atMostEvery({ minIntervalMs: backlogIntervalMs }, () => this.showBacklog()));
  }

  /** One run of a source's publisher. */
  ran(source: string, { published, failed, unavailable }: Pick<RunReport, 'published' | 'failed' | 'unavailable'>): void {
    this.instruments.published.add({ source }, published);
    this.instruments.publishFailures.add({ source, reason: 'refused' }, failed);
    this.instruments.publishFailures.add({ source, reason: 'unavailable' }, unavailable === undefined ? 0 : 1);
  }

  private async showBacklog(): Promise<void> {
    const rows = await this.transactor.readSystem('outbox_backlog', (conn: Conn) => conn.query<BacklogRow>(backlogQuery));
    for (const { name: source } of services) {
      const own = rows.filter((row) => row.source === source);
      for (const status of unpublished) this.instruments.events.set({ source, status }, own.find((row) => row.status === status)?.events ?? 0);
      this.instruments.oldestAge.set({ source }, Math.max(0, ...own.map((row) => row.age_seconds)));
    }
  }
}
