import { timingSafeEqual } from 'node:crypto';
import { hashApiKey, parseApiKey } from '@plinth/auth';
import type { Principal } from '@plinth/http';
import { NetworkList, systemClock, type Clock } from '@plinth/kernel';
import { callerErrors } from './callers.errors.js';
import { RememberedFacts } from './remembered-facts.js';
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

/**
 * Verifies API keys: form and checksum offline, the rest by facts that are looked up by the key's id and
 * remembered. The key itself never leaves this process. Facts from before the feed told of a change count as none.
 */
export class ApiKeys {
  private readonly facts: RememberedFacts<KnownKey>;
  private readonly clock: Clock;

  constructor(options: {
    /** Null for an unknown id; rejects where there is no answer. */
    readonly find: (id: string) => Promise<ApiKeyFacts | null>;
    readonly revocations: Pick<Revocations, 'fresh' | 'sequence' | 'accountChangedAt' | 'keyChangedAt'>;
    readonly clock?: Clock;
  }) {
    const { find, revocations, clock = systemClock } = options;
    this.clock = clock;
    this.facts = new RememberedFacts({
      ...{ revocations, clock },
      find: async (id) => knownKey(await find(id)),
      // A change of the key itself, or of its creator's roles.
      changedAt: ({ facts: { id, tenantId, createdBy } }) => Math.max(revocations.keyChangedAt(id, tenantId), revocations.accountChangedAt(createdBy)),
    });
  }

  /** Ids of which something is remembered, unknown ones too; bounded. */
  get size(): number {
    return this.facts.size;
  }

  /** @throws Problem `api_key_invalid` (401), `tenant_deactivated` (403), `caller_unconfirmed` (503) where the facts cannot be had */
  async verify(key: string): Promise<VerifiedApiKey> {
    const parts = parseApiKey(key);
    const known = parts === null ? null : await this.facts.of(parts.id);
    if (known === null) throw callerErrors.apiKeyInvalid();
    if (!timingSafeEqual(Buffer.from(hashApiKey(key), 'hex'), Buffer.from(known.facts.hash, 'hex'))) throw callerErrors.apiKeyInvalid();
    return this.verified(known);
  }

  /** What a key that was verified before stands for by now. @throws Problem as `verify` */
  async verifyAgain(id: string): Promise<VerifiedApiKey> {
    const known = await this.facts.of(id);
    if (known === null) throw callerErrors.apiKeyInvalid();
    return this.verified(known);
  }

  private verified({ facts: { id, tenantId, roles, capabilities = [], scopes, expiresAt, status, tenantStatus }, networks }: KnownKey): VerifiedApiKey {
    const expired = expiresAt !== null && new Date(expiresAt) <= this.clock.now();
    if (status !== 'active' || expired) throw callerErrors.apiKeyInvalid();
    if (tenantStatus === 'deactivated') throw callerErrors.tenantDeactivated();
    return {
      principal: { type: 'api_key', id, tenantId, roles, ...(capabilities.length === 0 ? {} : { capabilities }), scopes },
      isAllowedFrom: (address) => networks === null || (address !== null && networks.has(address)),
    };
  }
}

function knownKey(facts: ApiKeyFacts | null): KnownKey | null {
  if (facts === null) return null;
  const { allowedAddresses = [] } = facts;
  return { facts, networks: allowedAddresses.length === 0 ? null : new NetworkList(allowedAddresses) };
}

interface KnownKey {
  readonly facts: ApiKeyFacts;
  /** Null: from anywhere. */
  readonly networks: NetworkList | null;
}
