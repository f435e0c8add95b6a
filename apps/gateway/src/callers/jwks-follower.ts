import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { JwksCache, type VerificationKeys } from '@plinth/auth';
import { backoffDelayMs } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { TenantServiceCalls } from './tenant-service-calls.js';

const PATH = '/.well-known/jwks.json';
/** Until the first success: often, for nothing can be verified. */
const FIRST_TRIES = { baseMs: 100, capMs: 1_000 };
const REFRESH_EVERY_MS = 60_000;

/**
 * Keeps the public keys of the access tokens: fetches them from tenant-service at the start, every
 * minute, and when a token names an unknown one. While tenant-service is away the known keys stay.
 */
@Injectable()
export class JwksFollower implements VerificationKeys, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly cache = new JwksCache({ load: () => this.fetch() });
  private readonly stopping = new AbortController();
  private following: Promise<void> | undefined;

  constructor(
    private readonly tenantService: TenantServiceCalls,
    private readonly logger: Logger,
  ) {}

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

  onApplicationBootstrap(): void {
    this.following = this.follow(this.stopping.signal);
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await this.cache.load();
        if (failures > 0) this.logger.info('token keys loaded', { attempt: failures + 1 });
        failures = 0;
      } catch (error) {
        failures += 1;
        // Once per outage; the readiness route tells of it for as long as it lasts.
        if (failures === 1) this.logger.warn('token keys not loaded', { error });
      }
      const waitMs = this.loaded ? REFRESH_EVERY_MS : 50 + backoffDelayMs(failures, FIRST_TRIES);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  private fetch(): Promise<unknown> {
    return this.tenantService.json(PATH);
  }
}
