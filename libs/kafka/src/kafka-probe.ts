import type { Admin } from 'kafkajs';
import type { KafkaClient } from './kafka-client.js';
import { kafkaErrorCode } from './kafka-errors.js';

/** What the probe saw, at most `cacheMs` ago. */
export interface KafkaHealth {
  readonly up: boolean;
  /** The broker's or socket's error code, when it is not up. */
  readonly error?: string;
}

/** By default an answer is re-used for 2 s, and a check may take 1 s. */
export interface KafkaProbeOptions {
  /** How long an answer is re-used, in milliseconds. */
  readonly cacheMs?: number;
  /** How long one check may take, in milliseconds. */
  readonly timeoutMs?: number;
}

/**
 * Whether Kafka answers, cheap enough for a health route: one metadata request over a connection that
 * stays open, at most one at a time, re-used for two seconds. Never rejects.
 */
export class KafkaProbe {
  private readonly cacheMs: number;
  private readonly timeoutMs: number;
  private admin: Promise<Admin> | undefined;
  private last: { readonly atMs: number; readonly health: KafkaHealth } | undefined;
  private running: Promise<KafkaHealth> | undefined;

  constructor(
    private readonly kafka: KafkaClient,
    options: KafkaProbeOptions = {},
  ) {
    this.cacheMs = options.cacheMs ?? 2000;
    this.timeoutMs = options.timeoutMs ?? 1000;
  }

  /** @returns the error `timeout` where Kafka has not answered within the limit */
  async check(): Promise<KafkaHealth> {
    if (this.last !== undefined && performance.now() - this.last.atMs < this.cacheMs) return this.last.health;
    this.running ??= this.measure().finally(() => (this.running = undefined));
    return this.running;
  }

  /** As `check`, for a list of dependency checks. @throws Error with the broker's or socket's code where Kafka is not up */
  async requireUp(): Promise<void> {
    const { up, error } = await this.check();
    if (!up) throw Object.assign(new Error('Kafka does not answer'), { code: error });
  }

  /** Waits for a check that is under way, then disconnects. Never rejects. */
  async close(): Promise<void> {
    await this.running;
    await this.dropAdmin();
  }

  private async measure(): Promise<KafkaHealth> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<KafkaHealth>((resolve) => {
      timer = setTimeout(() => resolve({ up: false, error: 'timeout' }), this.timeoutMs);
    });
    const health = await Promise.race([this.describe(), timeout]);
    clearTimeout(timer);
    // A connection that failed or hangs is not asked again; the next check opens another.
    if (!health.up) void this.dropAdmin();
    this.last = { atMs: performance.now(), health };
    return health;
  }

  private async describe(): Promise<KafkaHealth> {
    try {
      this.admin ??= this.connect();
      await (await this.admin).describeCluster();
      return { up: true };
    } catch (error) {
      return { up: false, error: kafkaErrorCode(error) };
    }
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { retries: 0 } });
    try {
      await admin.connect();
      return admin;
    } catch (error) {
      await admin.disconnect().catch(() => undefined);
      throw error;
    }
  }

  private async dropAdmin(): Promise<void> {
    const dropped = this.admin;
    this.admin = undefined;
    try {
      await (await dropped)?.disconnect();
    } catch {
      // It never connected or is gone already: nothing is left to close.
    }
  }
}
