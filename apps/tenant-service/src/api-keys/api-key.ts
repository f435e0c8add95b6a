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

/** A key as the API shows it. */
export interface ApiKeyView {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly status: 'active' | 'expired' | 'revoked';
  readonly createdBy: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** What a gateway decides by; the hash is hex of SHA-256 over the whole key. */
export interface ApiKeyFacts {
  readonly id: string;
  readonly tenantId: string;
  readonly hash: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly expiresAt: string | null;
  readonly status: 'active' | 'revoked';
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
