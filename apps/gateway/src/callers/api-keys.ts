import { timingSafeEqual } from 'node:crypto';
import { ExpiringCache, hashApiKey, parseApiKey } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { NetworkList, systemClock, type Clock } from '@plinth/kernel';
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
  /** Networks that the key is taken from; empty: from anywhere. Absent from a tenant-service of before. */
  readonly allowedAddresses?: readonly string[];
  /** ISO 8601, or null; of a rotated key the end of the overlap. */
  readonly expiresAt: string | null;
  readonly status: 'active' | 'paused' | 'revoked';
  /** Long after the feed has told of a deactivated tenant, its keys are told so here; absent from a tenant-service of before. */
  readonly tenantStatus?: string;
}

/** A key that is what it should be; whether its caller may stand where it stands is asked with the address in hand. */
export interface VerifiedApiKey {
  readonly principal: Principal & { readonly id: string; readonly tenantId: string };
  /** @param address as the gateway determines it; null: unknown, which is in no network */
  readonly isAllowedFrom: (address: string | null) => boolean;
}

/** Whatever becomes of the key, and a change of the creator's roles, come by the feed, at once. */
const FACTS_MS = 60_000;
/** Long enough to blunt a flood of one id; a new key was not asked for before it was made. */
const UNKNOWN_MS = 5_000;
const CAPACITY = 16_384;

/**
 * Verifies API keys: form and checksum offline, the rest by facts that are looked up by the key's id and
 * remembered. The key itself never leaves this process. Facts from before the feed told of a change count as none.
 */
export class ApiKeys {
  private readonly facts = new ExpiringCache<KnownFacts>(CAPACITY);
  /** A burst of one key is looked up once. */
  private readonly lookups = new Map<string, Promise<KnownFacts>>();
  private readonly clock: Clock;

  constructor(
    private readonly options: {
      /** Null for an unknown id; rejects where there is no answer. */
      readonly find: (id: string) => Promise<ApiKeyFacts | null>;
      readonly revocations: Pick<Revocations, 'fresh' | 'sequence' | 'accountChangedAt' | 'keyChangedAt'>;
      readonly clock?: Clock;
    },
  ) {
    this.clock = options.clock ?? systemClock;
  }

  /** Ids of which something is remembered, unknown ones too; bounded. */
  get size(): number {
    return this.facts.size;
  }

  /** @throws Problem `api_key_invalid` (401), `tenant_deactivated` (403), `caller_unconfirmed` (503) where the facts cannot be had */
  async verify(key: string): Promise<VerifiedApiKey> {
    const parts = parseApiKey(key);
    if (parts === null) throw callerErrors.apiKeyInvalid();
    const known = await this.factsOf(parts.id);
    if (known.facts === null) throw callerErrors.apiKeyInvalid();
    if (!timingSafeEqual(Buffer.from(hashApiKey(key), 'hex'), Buffer.from(known.facts.hash, 'hex'))) throw callerErrors.apiKeyInvalid();
    return this.verified(known.facts, known.networks);
  }

  /** What a key that was verified before stands for by now. @throws Problem as `verify` */
  async verifyAgain(id: string): Promise<VerifiedApiKey> {
    const { facts, networks } = await this.factsOf(id);
    if (facts === null) throw callerErrors.apiKeyInvalid();
    return this.verified(facts, networks);
  }

  private verified({ id, tenantId, roles, capabilities = [], scopes, expiresAt, status, tenantStatus }: ApiKeyFacts, networks: NetworkList | null): VerifiedApiKey {
    const expired = expiresAt !== null && new Date(expiresAt) <= this.clock.now();
    if (status !== 'active' || expired) throw callerErrors.apiKeyInvalid();
    if (tenantStatus === 'deactivated') throw callerErrors.tenantDeactivated();
    return {
      principal: { type: 'api_key', id, tenantId, roles, ...(capabilities.length === 0 ? {} : { capabilities }), scopes },
      isAllowedFrom: (address) => networks === null || (address !== null && networks.has(address)),
    };
  }

  private async factsOf(id: string): Promise<KnownFacts> {
    const { revocations } = this.options;
    const known = this.facts.get(id, this.clock.now().getTime());
    const current = known !== undefined && this.isCurrent(known);
    if (current && (revocations.fresh || known.facts === null)) return known;
    try {
      const found = await this.lookUp(id);
      // One that began before a change was told may have the answer from before it.
      return this.isCurrent(found) ? found : await this.lookUp(id);
    } catch (error) {
      // With the feed silent what is known may be old; where nobody can be asked, it is what there is.
      if (current) return known;
      throw callerErrors.standingUnknown(error);
    }
  }

  /** Facts from before a change of the key or of its creator's roles are as good as none. */
  private isCurrent({ facts, sequence }: KnownFacts): boolean {
    const { revocations } = this.options;
    return facts === null || (sequence >= revocations.keyChangedAt(facts.id, facts.tenantId) && sequence >= revocations.accountChangedAt(facts.createdBy));
  }

  private async lookUp(id: string): Promise<KnownFacts> {
    let lookup = this.lookups.get(id);
    if (lookup === undefined) {
      lookup = this.ask(id).finally(() => this.lookups.delete(id));
      this.lookups.set(id, lookup);
    }
    return await lookup;
  }

  private async ask(id: string): Promise<KnownFacts> {
    // What is told from here on may be missing in the answer.
    const { sequence } = this.options.revocations;
    const facts = await this.options.find(id);
    const { allowedAddresses = [] } = facts ?? {};
    const known = { facts, sequence, networks: allowedAddresses.length === 0 ? null : new NetworkList(allowedAddresses) };
    this.facts.set(id, known, this.clock.now().getTime() + (facts === null ? UNKNOWN_MS : FACTS_MS));
    return known;
  }
}

interface KnownFacts {
  /** Null: there is no such key. */
  readonly facts: ApiKeyFacts | null;
  /** How far the feed had told when they were asked for. */
  readonly sequence: number;
  /** Null: from anywhere. */
  readonly networks: NetworkList | null;
}
