import { shape, type Described } from '@plinth/http';
import type { TenantStatus } from '../tenants/tenant.entity.js';

/** `rotated`: replaced, and the overlap is over. All but `active` are refused, and only `paused` can be taken up again. */
export const apiKeyStatuses = ['active', 'paused', 'expired', 'rotated', 'revoked'] as const;
export type ApiKeyStatus = (typeof apiKeyStatuses)[number];

/** A key as it is stored: never the key itself. */
export interface ApiKey {
  readonly id: string;
  readonly tenantId: string;
  /** The account whose role in the tenant the key acts with. */
  readonly createdBy: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly active: boolean;
  /** Networks in CIDR notation; empty: any address. */
  readonly allowedAddresses: readonly string[];
  /** The key that this one was made for. */
  readonly replaces: string | null;
  /** Set together with the end of the overlap. */
  readonly rotatedTo: string | null;
  readonly overlapEndsAt: Date | null;
  /** To the minute, and told some seconds later. */
  readonly lastUsedAt: Date | null;
  /** Of what callers can change; the use of a key does not raise it. */
  readonly version: number;
}

const shown = {
  id: shape.uuid(),
  name: shape.text(),
  scopes: shape.list(shape.text(), 'Capabilities, or * alone for all that its creator has.'),
  status: shape.oneOf(apiKeyStatuses, 'All but active are refused; paused can be taken up again.'),
  active: shape.boolean('False while the key is paused.'),
  allowedAddresses: shape.list(shape.text(), 'Networks in CIDR notation from which the key is taken; empty: from anywhere.'),
  createdBy: shape.uuid('The account whose role the key acts with.'),
  createdAt: shape.dateTime(),
  expiresAt: shape.nullable(shape.dateTime()),
  revokedAt: shape.nullable(shape.dateTime()),
  lastUsedAt: shape.nullable(shape.dateTime('To the minute; shown some seconds after the call.')),
  replaces: shape.nullable(shape.uuid('The key that this one was made for by rotation.')),
  rotatedTo: shape.nullable(shape.uuid('The key that has replaced this one.')),
  overlapEndsAt: shape.nullable(shape.dateTime('Until then a key that was rotated is taken beside its successor.')),
};

/** A key as the API shows it. */
export const apiKeyShape = shape.named('ApiKey', shape.record(shown));
export type ApiKeyView = Described<typeof apiKeyShape>;

const withSecret = { ...shown, key: shape.text('The key itself. It is stored nowhere and shown once.') };

/** A key in the answer of its creation, the only one that has the secret. */
export const newApiKeyShape = shape.named('NewApiKey', shape.record(withSecret));

/** The successor, as it is shown at its creation, and until when the old key is taken. */
export const rotatedApiKeyShape = shape.named('RotatedApiKey', shape.record({ ...withSecret, previous: shape.record({ id: shape.uuid(), overlapEndsAt: shape.dateTime() }) }));

export const revokedApiKeysShape = shape.named('RevokedApiKeys', shape.record({ revoked: shape.integer('Keys that were not revoked before.') }));

/** What a gateway decides by; the hash is hex of SHA-256 over the whole key. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly tenantId: string;
  readonly hash: string;
  /** The account whose roles these are. */
  readonly createdBy: string;
  readonly roles: readonly string[];
  /** What roles of the tenant's own making grant the creator beside them. */
  readonly capabilities: readonly string[];
  readonly scopes: readonly string[];
  readonly allowedAddresses: readonly string[];
  /** The end of the overlap where that is sooner. */
  readonly expiresAt: string | null;
  readonly status: 'active' | 'paused' | 'revoked';
  readonly tenantStatus: TenantStatus;
}

/** What becomes of a call with the key at this time. The reasons that cannot be taken back come first. */
export function apiKeyStatus({ revokedAt, expiresAt, overlapEndsAt, active }: ApiKey, now: Date): ApiKeyStatus {
  if (revokedAt !== null) return 'revoked';
  if (overlapEndsAt !== null && overlapEndsAt <= now) return 'rotated';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return active ? 'active' : 'paused';
}

export function apiKeyView(key: ApiKey, now: Date): ApiKeyView {
  const { id, name, scopes, active, allowedAddresses, createdBy, createdAt, expiresAt, revokedAt, lastUsedAt, replaces, rotatedTo, overlapEndsAt } = key;
  return {
    ...{ id, name, scopes, status: apiKeyStatus(key, now), active, allowedAddresses, createdBy },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    ...{ replaces, rotatedTo },
    overlapEndsAt: overlapEndsAt?.toISOString() ?? null,
  };
}
