import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Logger } from '@plinth/logging';
import type { FastifyReply } from 'fastify';
import { revocationErrors } from './revocations.errors.js';
import { RevocationsRepository } from './revocations.repository.js';

const pollEveryMs = 100;
/** A follower that hears nothing for a second asks for every request: a few heartbeats may be late. */
const heartbeatEveryMs = 250;
/** A follower that reads slower than this loses its connection and begins again with a snapshot. */
const maxUnreadBytes = 1_048_576;

/**
 * What is revoked, for gateways to follow: a snapshot, then each change, then heartbeats, as lines of JSON
 * (ADR 0012). Every line says "you know all up to this sequence", so none is sent while the database
 * cannot be asked: the stream ends then, and the follower learns by the silence.
 */
@Injectable()
export class RevocationFeed implements BeforeApplicationShutdown {
  private readonly stopping = new AbortController();

  constructor(
    private readonly revocations: RevocationsRepository,
    private readonly logger: Logger,
  ) {}

  /** The server waits for answers in flight, and this one has no end of its own. */
  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Answers with the feed until the follower leaves or the service stops. @throws Problem 503, before the first line */
  async follow(reply: FastifyReply): Promise<void> {
    if (this.stopping.signal.aborted) throw revocationErrors.stopping();
    const snapshot = await this.revocations.readSnapshot();
    reply.hijack();
    const { raw } = reply;
    const left = new AbortController();
    raw.once('close', () => left.abort());
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    const send = (line: object) => {
      if (raw.writableLength > maxUnreadBytes) raw.destroy();
      else raw.write(`${JSON.stringify(line)}\n`);
    };
    try {
      send({ type: 'snapshot', ...snapshot });
      await this.sendChanges(snapshot.sequence, send, AbortSignal.any([left.signal, this.stopping.signal]));
    } catch (error) {
      this.logger.warn('revocation feed ended', { error });
    } finally {
      raw.end();
    }
  }

  private async sendChanges(from: number, send: (line: object) => void, signal: AbortSignal): Promise<void> {
    let sequence = from;
    for (let sentAtMs = performance.now(); ; ) {
      await delay(pollEveryMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const changes = await this.revocations.listAfter(sequence);
      for (const change of changes) send({ type: 'change', ...change });
      sequence = changes.at(-1)?.sequence ?? sequence;
      if (changes.length === 0 && performance.now() - sentAtMs < heartbeatEveryMs) continue;
      if (changes.length === 0) send({ type: 'heartbeat', sequence });
      sentAtMs = performance.now();
    }
  }
}
