import { timingSafeEqual } from 'node:crypto';
import { ExpiringCache, hashApiKey, parseApiKey } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';

/** What tenant-service tells of a key, by its id. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly tenantId: string;
  /** SHA-256 of the whole key, hex. */
  readonly hash: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** ISO 8601, or null. */
  readonly expiresAt: string | null;
  readonly status: 'active' | 'revoked';
  /** Long after the feed has told of a deactivated tenant, its keys are told so here; absent from a tenant-service of before. */
  readonly tenantStatus?: string;
}

/** A change of the creator's role shows after it; a revocation comes by the feed, at once. */
const FACTS_MS = 60_000;
/** Long enough to blunt a flood of one id; a new key was not asked for before it was made. */
const UNKNOWN_MS = 5_000;
const CAPACITY = 16_384;

/**
 * Verifies API keys: form and checksum offline, the rest by facts that are looked up by the key's id and
 * remembered. The key itself never leaves this process.
 */
export class ApiKeys {
  private readonly facts = new ExpiringCache<ApiKeyFacts | null>(CAPACITY);
  /** A burst of one key is looked up once. */
  private readonly lookups = new Map<string, Promise<ApiKeyFacts | null>>();
  private readonly clock: Clock;

  constructor(
    private readonly options: {
      /** Null for an unknown id; rejects where there is no answer. */
      readonly find: (id: string) => Promise<ApiKeyFacts | null>;
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  /** @throws Problem `api_key_invalid` (401), `tenant_deactivated` (403), `caller_unconfirmed` (503) where the facts cannot be had */
  async verify(key: string): Promise<Principal & { readonly id: string; readonly tenantId: string }> {
    const parts = parseApiKey(key);
    if (parts === null) throw callerErrors.apiKeyInvalid();
    const facts = await this.factsOf(parts.id);
    if (facts === null) throw callerErrors.apiKeyInvalid();
    const { id, tenantId, hash, roles, scopes, expiresAt, status, tenantStatus } = facts;
    const rightSecret = timingSafeEqual(Buffer.from(hashApiKey(key), 'hex'), Buffer.from(hash, 'hex'));
    const expired = expiresAt !== null && new Date(expiresAt) <= this.clock.now();
    if (!rightSecret || status !== 'active' || expired) throw callerErrors.apiKeyInvalid();
    if (tenantStatus === 'deactivated') throw callerErrors.tenantDeactivated();
    return { type: 'api_key', id, tenantId, roles, scopes };
  }

  private async factsOf(id: string): Promise<ApiKeyFacts | null> {
    const known = this.facts.get(id, this.clock.now().getTime());
    if (known !== undefined) return known;
    let lookup = this.lookups.get(id);
    if (lookup === undefined) {
      lookup = this.lookUp(id).finally(() => this.lookups.delete(id));
      this.lookups.set(id, lookup);
    }
    return await lookup;
  }

  private async lookUp(id: string): Promise<ApiKeyFacts | null> {
    let facts: ApiKeyFacts | null;
    try {
      facts = await this.options.find(id);
    } catch (error) {
      throw callerErrors.standingUnknown(error);
    }
    this.facts.set(id, facts, this.clock.now().getTime() + (facts === null ? UNKNOWN_MS : FACTS_MS));
    return facts;
  }
}
