import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { atMostEvery, Metrics } from '@plinth/telemetry';
import { deskMetrics } from '../metrics.js';
import { DeadLettersRepository } from './dead-letters.repository.js';

const lookUpIntervalMs = 5_000;

/** The desk's depth, looked up when scraped and at most every 5 s. Every replica shows the same, for it is in the database. */
@Injectable()
export class DeskMetrics {
  constructor(metrics: Metrics, transactor: Transactor, letters: DeadLettersRepository) {
    const { letters: gauge } = metrics.of(deskMetrics);
    const lookUp = async () => {
      const counts = await transactor.readSystem('count_dead_letters', (conn) => letters.countLetters(conn));
      for (const [status, count] of Object.entries(counts)) gauge.set({ status }, count);
    };
    metrics.beforeScrape(atMostEvery({ minIntervalMs: lookUpIntervalMs }, lookUp));
  }
}
