import { Injectable } from '@nestjs/common';
import { JwksCache, type VerificationKeys } from '@plinth/auth';
import { Logger } from '@plinth/logging';
import { Metrics } from '@plinth/telemetry';
import { Worker, type NextRun } from '@plinth/worker';
import { TenantServiceCalls } from './tenant-service-calls.js';

const path = '/.well-known/jwks.json';
const intervalMs = 60_000;
/** Until the first success: often, for nothing can be verified. */
const firstTries = { baseMs: 100, capMs: 1_000 };

/**
 * Keeps the public keys of the access tokens: fetches them from tenant-service at the start, every
 * minute, and when a token names an unknown one. While tenant-service is away the known keys stay.
 */
@Injectable()
export class JwksFollower extends Worker implements VerificationKeys {
  private readonly cache = new JwksCache({ load: () => this.tenantService.json(path) });

  constructor(
    private readonly tenantService: TenantServiceCalls,
    private readonly logger: Logger,
    metrics: Metrics,
  ) {
    super({ name: 'token-keys', intervalMs, backoff: firstTries, servesRequests: true, logger, metrics });
  }

  /** Whether tokens can be verified at all. */
  get loaded(): boolean {
    return this.cache.loaded;
  }

  findKey(kid: string) {
    return this.cache.findKey(kid);
  }

  refresh(): Promise<void> {
    return this.cache.refresh();
  }

  override async runOnce(): Promise<NextRun> {
    await this.cache.load();
    return 'after_interval';
  }

  /** With keys there is no hurry: a token with an unknown one fetches them. */
  protected override pauseAfterFailureMs(failures: number): number {
    return this.loaded ? intervalMs : super.pauseAfterFailureMs(failures);
  }

  /** Once an outage; the readiness route tells of it for as long as it lasts. */
  protected override tellOutage(error: unknown): void {
    this.logger.warn('token keys not loaded', { error });
  }

  protected override tellRecovery(failures: number): void {
    this.logger.info('token keys loaded', { attempt: failures + 1 });
  }
}
