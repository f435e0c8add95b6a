import type { KeyObject } from 'node:crypto';
import { systemClock, type Clock } from '@plinth/kernel';
import { publicKeyOf, type VerificationKeys } from './key-ring.js';

/** More keys than any rotation holds; a larger document is not ours. */
const MAX_KEYS = 64;

/** Where the keys come from, and how often a missing one may ask for them: every 5 s by default. */
export interface JwksCacheOptions {
  /** Fetches the JWKS document; throws when it cannot be had. */
  readonly load: () => Promise<unknown>;
  /** Shortest time between two refreshes, in milliseconds: unknown key ids cannot drive requests. */
  readonly minRefreshIntervalMs?: number;
  readonly clock?: Clock;
}

interface CachedKey {
  readonly x: string;
  readonly key: KeyObject;
}

/**
 * The public keys of another service, kept while that service is away: a failed load changes
 * nothing, a successful one replaces the set, so that a withdrawn key ends here too.
 */
export class JwksCache implements VerificationKeys {
  private keys: ReadonlyMap<string, CachedKey> | undefined;
  private refreshedAtMs = Number.NEGATIVE_INFINITY;
  private running: Promise<void> | undefined;
  private readonly clock: Clock;
  private readonly minRefreshIntervalMs: number;

  constructor(private readonly options: JwksCacheOptions) {
    this.clock = options.clock ?? systemClock;
    this.minRefreshIntervalMs = options.minRefreshIntervalMs ?? 5_000;
  }

  /** Whether the keys were ever had. */
  get loaded(): boolean {
    return this.keys !== undefined;
  }

  /** Of the set that was loaded last. Never waits; `refresh` is there for a key that is missing. */
  findKey(kid: string): KeyObject | undefined {
    return this.keys?.get(kid)?.key;
  }

  /**
   * Loads because a key is missing, unless that was tried within the interval; callers at the same
   * time share one load. Scheduled loads do not count: a new key works at once. Never throws.
   */
  async refresh(): Promise<void> {
    const nowMs = this.clock.now().getTime();
    if (this.running === undefined) {
      if (nowMs - this.refreshedAtMs < this.minRefreshIntervalMs) return;
      this.refreshedAtMs = nowMs;
    }
    await this.load().catch(() => undefined);
  }

  /** Loads now; callers at the same time share one load. @throws what the load threw, or Error for a useless document */
  load(): Promise<void> {
    this.running ??= this.loadOnce().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async loadOnce(): Promise<void> {
    const document = await this.options.load();
    const keys = new Map<string, CachedKey>();
    for (const { kid, x } of readKeys(document)) {
      // The same KeyObject for the same key: verified tokens are cached together with it.
      const known = this.keys?.get(kid);
      keys.set(kid, known?.x === x ? known : { x, key: publicKeyOf(x) });
    }
    if (keys.size === 0) throw new Error('The JWKS document holds no Ed25519 key');
    this.keys = keys;
  }
}

function readKeys(document: unknown): { kid: string; x: string }[] {
  const list: unknown = typeof document === 'object' && document !== null && 'keys' in document ? document.keys : undefined;
  if (!Array.isArray(list) || list.length > MAX_KEYS) throw new Error('The answer is no JWKS document');
  const entries: unknown[] = list;
  return entries.flatMap((entry) => {
    const { kty, crv, kid, x } = (entry ?? {}) as Record<string, unknown>;
    // RFC 7517, section 5: what is not understood is passed over.
    const usable = kty === 'OKP' && crv === 'Ed25519' && typeof kid === 'string' && typeof x === 'string';
    return usable && /^[A-Za-z0-9_-]{43}$/.test(x) ? [{ kid, x }] : [];
  });
}
