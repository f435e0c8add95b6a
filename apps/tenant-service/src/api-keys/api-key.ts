import { shape, type Described } from '@plinth/http';
import type { TenantStatus } from '../tenants/tenant.entity.js';

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
}

const shown = {
  id: shape.uuid(),
  name: shape.text(),
  scopes: shape.list(shape.text(), 'Capabilities, or * alone for all that its creator has.'),
  status: shape.oneOf(['active', 'expired', 'revoked']),
  createdBy: shape.uuid('The account whose role the key acts with.'),
  createdAt: shape.dateTime(),
  expiresAt: shape.nullable(shape.dateTime()),
  revokedAt: shape.nullable(shape.dateTime()),
};

/** A key as the API shows it. */
export const apiKeyShape = shape.named('ApiKey', shape.record(shown));
export type ApiKeyView = Described<typeof apiKeyShape>;

/** A key in the answer of its creation, the only one that has the secret. */
export const newApiKeyShape = shape.named('NewApiKey', shape.record({ ...shown, key: shape.text('The key itself. It is stored nowhere and shown once.') }));

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
  readonly expiresAt: string | null;
  readonly status: 'active' | 'revoked';
  readonly tenantStatus: TenantStatus;
}

export function apiKeyView(key: ApiKey, now: Date): ApiKeyView {
  const { id, name, scopes, createdBy, createdAt, expiresAt, revokedAt } = key;
  const expired = expiresAt !== null && expiresAt <= now;
  return {
    id,
    name,
    scopes,
    status: revokedAt !== null ? 'revoked' : expired ? 'expired' : 'active',
    createdBy,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
