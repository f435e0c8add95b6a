import { Injectable } from '@nestjs/common';
import { services } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { atMostEvery, Metrics } from '@plinth/telemetry';
import { conservationMetrics } from '../metrics.js';
import { ConservationRepository } from './conservation.repository.js';

const lookUpIntervalMs = 15_000;

/** What does not balance, looked up when scraped and at most every 15 s. Every replica shows the same, for it is in the database. */
@Injectable()
export class ConservationMetrics {
  constructor(metrics: Metrics, transactor: Transactor, repository: ConservationRepository) {
    const { unbalanced, events, lag } = metrics.of(conservationMetrics);
    const lookUp = async () => {
      const { sums, marks } = await transactor.readSystem('read_conservation', async (conn) => ({ sums: await repository.sumDay(conn), marks: await repository.listMarks(conn) }));
      for (const gauge of [unbalanced, events]) gauge.clear();
      for (const { source, consumer_group: group, unbalanced: minutes, ...sum } of sums) {
        unbalanced.set({ source, group }, minutes);
        if (group === '') events.set({ source, group, fault: 'waiting' }, sum.waiting);
        else for (const fault of ['missing', 'surplus'] as const) events.set({ source, group, fault }, sum[fault]);
      }
      for (const { name: source } of services) {
        const mark = marks.find((known) => known.source === source);
        if (mark !== undefined) lag.set({ source }, Math.max(0, (Date.now() - mark.checked_until.getTime()) / 1000));
      }
    };
    metrics.beforeScrape(atMostEvery({ minIntervalMs: lookUpIntervalMs }, lookUp));
  }
}
