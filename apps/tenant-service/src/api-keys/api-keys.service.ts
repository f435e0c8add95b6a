import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Answer, created, etagOf, SignedCursor, type Page, type PageQuery, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { ApiKeyIssue } from './api-key-issue.js';
import { ApiKeyUsesRepository, type ApiKeyUse } from './api-key-uses.repository.js';
import { tenantOf } from './api-key-telling.js';
import { apiKeyView, type ApiKey, type ApiKeyFacts, type ApiKeyView } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { expiryOf, networksOf } from './key-limits.js';
import type { CreateApiKeyDto } from './dto/create-api-key.dto.js';
import { grantedScopes } from './scopes.js';

/** How keys are made and looked at; what becomes of them later is `ApiKeyChangesService`'s. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly transactor: Transactor,
    private readonly keys: ApiKeysRepository,
    private readonly uses: ApiKeyUsesRepository,
    private readonly issuing: ApiKeyIssue,
    private readonly cursors: SignedCursor,
  ) {}

  /** The answer alone holds the key: what is stored is its hash. @throws Problem `scopes_invalid`, `expiry_past` (422) */
  async create(ctx: RequestContext, { name, scopes, expiresAt, allowedAddresses = [] }: CreateApiKeyDto) {
    const now = systemClock.now();
    const wanted = { name, scopes: grantedScopes(ctx.principal, scopes), expiresAt: expiryOf(expiresAt ?? null, now), allowedAddresses: networksOf(allowedAddresses), replaces: null };
    return await this.transactor.run(ctx, async (tx) => {
      await this.issuing.begin(tx, ctx);
      const createdBy = await this.keys.getActingAccount(tx, ctx.principal);
      const { stored, key } = await this.issuing.issue(tx, ctx, createdBy, now, wanted);
      return created({ ...apiKeyView(stored, now), key }, `/v1/api-keys/${stored.id}`);
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

  /** The tag is of what callers can change; the time of the last use moves without it. @throws Problem `api_key_not_found` (404) */
  async get(ctx: RequestContext, id: string) {
    const key = await this.transactor.read(ctx, (conn) => this.keys.getKey(conn, id));
    return new Answer(apiKeyView(key, systemClock.now()), { etag: etagOf(key.version) });
  }

  /** For gateways. @throws Problem `api_key_not_found` (404) */
  async getFacts(id: string): Promise<ApiKeyFacts> {
    const facts = await this.keys.findFacts(id);
    if (facts === null) throw apiKeyErrors.notFound();
    return facts;
  }

  /** From gateways: which keys they have let in, and when. What is no key is passed over. */
  async noteUses(uses: readonly ApiKeyUse[]): Promise<void> {
    await this.transactor.runSystem('api_key_uses', (tx) => this.uses.stamp(tx, uses));
  }
}
