import { timingSafeEqual } from 'node:crypto';
import { ExpiringCache, hashApiKey, parseApiKey } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import type { Revocations } from './revocations.js';

/** What tenant-service tells of a key, by its id. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly tenantId: string;
  /** SHA-256 of the whole key, hex. */
  readonly hash: string;
  /** The account whose roles the key acts with. */
  readonly createdBy?: string;
  readonly roles: readonly string[];
  /** What roles of the tenant's own making grant beside them. */
  readonly capabilities?: readonly string[];
  readonly scopes: readonly string[];
  /** ISO 8601, or null. */
  readonly expiresAt: string | null;
  readonly status: 'active' | 'revoked';
  /** Long after the feed has told of a deactivated tenant, its keys are told so here; absent from a tenant-service of before. */
  readonly tenantStatus?: string;
}

/** A revocation, and a change of the creator's roles, come by the feed, at once. */
const FACTS_MS = 60_000;
/** Long enough to blunt a flood of one id; a new key was not asked for before it was made. */
const UNKNOWN_MS = 5_000;
const CAPACITY = 16_384;

/**
 * Verifies API keys: form and checksum offline, the rest by facts that are looked up by the key's id and
 * remembered. The key itself never leaves this process.
 */
export class ApiKeys {
  private readonly facts = new ExpiringCache<KnownFacts>(CAPACITY);
  /** A burst of one key is looked up once. */
  private readonly lookups = new Map<string, Promise<ApiKeyFacts | null>>();
  private readonly clock: Clock;

  constructor(
    private readonly options: {
      /** Null for an unknown id; rejects where there is no answer. */
      readonly find: (id: string) => Promise<ApiKeyFacts | null>;
      readonly revocations: Pick<Revocations, 'fresh' | 'sequence' | 'accountChangedAt'>;
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
    if (!timingSafeEqual(Buffer.from(hashApiKey(key), 'hex'), Buffer.from(facts.hash, 'hex'))) throw callerErrors.apiKeyInvalid();
    return this.principalOf(facts);
  }

  /** Whom a key that was verified before stands for by now. @throws Problem as `verify` */
  async verifyAgain(id: string): Promise<Principal> {
    const facts = await this.factsOf(id);
    if (facts === null) throw callerErrors.apiKeyInvalid();
    return this.principalOf(facts);
  }

  private principalOf({ id, tenantId, roles, capabilities = [], scopes, expiresAt, status, tenantStatus }: ApiKeyFacts): Principal & { readonly id: string; readonly tenantId: string } {
    const expired = expiresAt !== null && new Date(expiresAt) <= this.clock.now();
    if (status !== 'active' || expired) throw callerErrors.apiKeyInvalid();
    if (tenantStatus === 'deactivated') throw callerErrors.tenantDeactivated();
    return { type: 'api_key', id, tenantId, roles, ...(capabilities.length === 0 ? {} : { capabilities }), scopes };
  }

  private async factsOf(id: string): Promise<ApiKeyFacts | null> {
    const { revocations } = this.options;
    const known = this.facts.get(id, this.clock.now().getTime());
    // Facts from before a change of the creator's roles are as good as none.
    const current = known !== undefined && known.sequence >= revocations.accountChangedAt(known.facts?.createdBy);
    if (current && (revocations.fresh || known.facts === null)) return known.facts;
    try {
      return await this.lookUp(id);
    } catch (error) {
      // With the feed silent what is known may be old; where nobody can be asked, it is what there is.
      if (current) return known.facts;
      throw callerErrors.standingUnknown(error);
    }
  }

  private async lookUp(id: string): Promise<ApiKeyFacts | null> {
    const begun = this.lookups.get(id);
    if (begun !== undefined) return await begun;
    // What is told from here on may be missing in the answer.
    const { sequence } = this.options.revocations;
    const lookup = this.options.find(id).then((facts) => {
      this.facts.set(id, { facts, sequence }, this.clock.now().getTime() + (facts === null ? UNKNOWN_MS : FACTS_MS));
      return facts;
    });
    this.lookups.set(id, lookup);
    return await lookup.finally(() => this.lookups.delete(id));
  }
}

interface KnownFacts {
  /** Null: there is no such key. */
  readonly facts: ApiKeyFacts | null;
  /** How far the feed had told when they were asked for. */
  readonly sequence: number;
}
