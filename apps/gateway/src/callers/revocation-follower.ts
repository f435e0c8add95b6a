import { StringDecoder } from 'node:string_decoder';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { backoffDelayMs } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { Revocations } from './revocations.js';
import { TenantServiceCalls } from './tenant-service-calls.js';

const PATH = '/internal/v1/revocations';
/** Short: while the feed is away, every request costs a question. */
const RECONNECT = { baseMs: 50, capMs: 500 };
/** Of a line that has not ended; a snapshot of 10,000 suspended tenants has 400 KiB. */
const MAX_LINE_LENGTH = 16_777_216;

/**
 * Follows tenant-service's feed of what is revoked, for as long as the gateway runs. Guarantee: while it
 * is connected, a revocation is known some 0.1 s after its commit; a broken or silent feed is left after
 * 2 s at most and begun again with a snapshot. Each gateway follows for itself.
 */
@Injectable()
export class RevocationFollower implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly stopping = new AbortController();
  private following: Promise<void> | undefined;

  constructor(
    private readonly tenantService: TenantServiceCalls,
    private readonly revocations: Revocations,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.following = this.follow(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      let heard = false;
      try {
        for await (const line of this.lines(signal)) {
          this.revocations.apply(line);
          if (!heard && failures > 0) this.logger.info('revocation feed is back', { attempt: failures + 1 });
          heard = true;
        }
      } catch (error) {
        // Once per outage.
        if (!signal.aborted && (heard || failures === 0)) this.logger.warn('revocation feed lost', { error });
      }
      failures = heard ? 1 : failures + 1;
      await delay(20 + backoffDelayMs(failures, RECONNECT), undefined, { signal }).catch(() => undefined);
    }
  }

  private async *lines(signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.tenantService.follow(PATH, signal);
    if (answer.status !== 200) {
      answer.discard();
      throw new Error('the feed was refused');
    }
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of answer.chunks) {
      const parts = (rest + decoder.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > MAX_LINE_LENGTH) throw new Error('the feed sent no end of line');
      yield* parts;
    }
  }
}
