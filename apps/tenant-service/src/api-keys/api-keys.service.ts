import { Injectable } from '@nestjs/common';
import { authErrors, hashApiKey, newApiKey } from '@plinth/auth';
import { ApiKeyCreatedV1, ApiKeyRevokedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { created, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TenantServiceConfig } from '../config.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { apiKeyView, type ApiKey, type ApiKeyFacts, type ApiKeyView } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import type { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { grantedScopes } from './scopes.js';

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly transactor: Transactor,
    private readonly keys: ApiKeysRepository,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly cursors: SignedCursor,
    private readonly config: TenantServiceConfig,
  ) {}

  /** The answer alone holds the key: what is stored is its hash. @throws Problem `scopes_invalid`, `expiry_past` (422) */
  async create(ctx: RequestContext, { name, scopes, expiresAt }: CreateApiKeyDto) {
    const now = systemClock.now();
    const expiry = expiresAt === undefined ? null : new Date(expiresAt);
    if (expiry !== null && expiry <= now) throw apiKeyErrors.expiryPast();
    const granted = grantedScopes(ctx.principal, scopes);
    const tenantId = tenantOf(ctx);
    const id = newId();
    const key = newApiKey(this.config.apiKeyEnvironment, id);
    return await this.transactor.run(ctx, async (tx) => {
      const createdBy = await this.keys.getActingAccount(tx, ctx.principal);
      const stored: ApiKey = { id, tenantId, createdBy, name, scopes: granted, createdAt: now, expiresAt: expiry, revokedAt: null };
      const view = apiKeyView(stored, now);
      await this.keys.insert(tx, stored, hashApiKey(key));
      this.outbox.append(tx, ApiKeyCreatedV1, eventOf(ctx, stored));
      this.audit.record(tx, ctx, { action: 'api_key.create', resource: { type: 'api_key', id }, after: { ...view }, personal: ['/after/name'] });
      return created({ ...view, key }, `/v1/api-keys/${id}`);
    });
  }

  /** @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, query: PageQuery): Promise<Page<ApiKeyView>> {
    const tenantId = tenantOf(ctx);
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['api-keys', tenantId],
      read: (before: string | null, limit) => this.transactor.read(ctx, (conn) => this.keys.listKeys(conn, tenantId, before, limit)),
      positionOf: ({ id }: ApiKey) => id,
    });
    const now = systemClock.now();
    return { data: rows.map((key) => apiKeyView(key, now)), nextCursor };
  }

  /** Revoking what is revoked changes nothing. @throws Problem `api_key_not_found` (404) */
  async revoke(ctx: RequestContext, id: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      const key = await this.keys.claimKey(tx, id);
      if (key.revokedAt !== null) return;
      const now = systemClock.now();
      await this.keys.saveRevoked(tx, id, now);
      this.outbox.append(tx, ApiKeyRevokedV1, eventOf(ctx, key));
      this.audit.record(tx, ctx, {
        action: 'api_key.revoke',
        resource: { type: 'api_key', id },
        before: { ...apiKeyView(key, now) },
        after: { ...apiKeyView({ ...key, revokedAt: now }, now) },
        personal: ['/before/name', '/after/name'],
      });
      await this.revocations.append(tx, 'api_key_revoked', id);
    });
  }

  /** For gateways. @throws Problem `api_key_not_found` (404) */
  async getFacts(id: string): Promise<ApiKeyFacts> {
    const facts = await this.keys.findFacts(id);
    if (facts === null) throw apiKeyErrors.notFound();
    return facts;
  }
}

function eventOf({ traceparent }: RequestContext, { id, tenantId, scopes }: ApiKey) {
  return { aggregateId: id, tenantId, traceparent, payload: { apiKeyId: id, tenantId, scopes: [...scopes] } };
}

function tenantOf({ tenantId }: RequestContext): string {
  if (tenantId === null) throw authErrors.tenantRequired();
  return tenantId;
}
