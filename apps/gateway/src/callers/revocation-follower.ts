import { StringDecoder } from 'node:string_decoder';
import { Injectable } from '@nestjs/common';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { Revocations } from './revocations.js';
import { TenantServiceCalls } from './tenant-service-calls.js';

const path = '/internal/v1/revocations';
/** Short: while the feed is away, every request costs a question. */
const reconnect = { baseMs: 50, capMs: 500 };
/** Of a line that has not ended; a snapshot of 10,000 suspended tenants has 400 KiB. */
const maxLineLength = 16_777_216;

/**
 * Follows tenant-service's feed of what is revoked, for as long as the gateway runs. Guarantee: while it
 * is connected, a revocation is known some 0.1 s after its commit; a broken or silent feed is left after
 * 2 s at most and begun again with a snapshot. Each gateway follows for itself.
 */
@Injectable()
export class RevocationFollower extends Worker {
  constructor(
    private readonly tenantService: TenantServiceCalls,
    private readonly revocations: Revocations,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'revocation-feed', intervalMs: 0, backoff: reconnect, servesRequests: true, logger, metrics });
  }

  /** A connection from its begin to its end. @throws Error when it ends, for it has no end of its own */
  override async runOnce(signal: AbortSignal): Promise<NextRun> {
    for await (const line of this.lines(signal)) {
      this.revocations.apply(line);
      this.noteSuccess();
    }
    throw new Error('the feed ended');
  }

  protected override tellOutage(error: unknown): void {
    this.logger.warn('revocation feed lost', { error });
  }

  protected override tellRecovery(failures: number): void {
    this.logger.info('revocation feed is back', { attempt: failures + 1 });
  }

  private async *lines(signal: AbortSignal): AsyncGenerator<string> {
    const answer = await this.tenantService.follow(path, signal);
    if (answer.status !== 200) {
      answer.discard();
      throw new Error('the feed was refused');
    }
    const decoder = new StringDecoder('utf8');
    let rest = '';
    for await (const chunk of answer.chunks) {
      const parts = (rest + decoder.write(chunk)).split('\n');
      rest = parts.pop() ?? '';
      if (rest.length > maxLineLength) throw new Error('the feed sent no end of line');
      yield* parts;
    }
  }
}
