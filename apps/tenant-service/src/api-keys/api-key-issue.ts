import { Injectable } from '@nestjs/common';
import { hashApiKey, newApiKey } from '@plinth/auth';
import { ApiKeyCreatedV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TenantServiceConfig } from '../config.js';
import { apiKeyView, type ApiKey } from './api-key.js';
import { eventOf, personalNames, tenantOf } from './api-key-telling.js';
import { ApiKeysRepository } from './api-keys.repository.js';

/** What its maker decides of a key. */
export type NewApiKey = Pick<ApiKey, 'name' | 'scopes' | 'expiresAt' | 'allowedAddresses' | 'replaces'>;

/** The making of keys, from nothing and for one that is replaced. */
@Injectable()
export class ApiKeyIssue {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly config: TenantServiceConfig,
  ) {}

  /** First, before any key is locked: whoever revokes all keys waits for this one, or this one for it. */
  async begin(tx: Tx, ctx: RequestContext): Promise<void> {
    await this.keys.holdOffRevocation(tx, tenantOf(ctx));
  }

  /** @param createdBy the account whose role the key acts with. @returns the key as it is stored, and itself, for the answer alone */
  async issue(tx: Tx, ctx: RequestContext, createdBy: string, now: Date, wanted: NewApiKey): Promise<{ readonly stored: ApiKey; readonly key: string }> {
    const id = newId();
    const key = newApiKey(this.config.apiKeyEnvironment, id);
    const untouched = { active: true, revokedAt: null, rotatedTo: null, overlapEndsAt: null, lastUsedAt: null, version: 1 } as const;
    const stored: ApiKey = { id, tenantId: tenantOf(ctx), createdBy, createdAt: now, ...untouched, ...wanted };
    await this.keys.insert(tx, stored, hashApiKey(key));
    this.outbox.append(tx, ApiKeyCreatedV1, eventOf(ctx, stored));
    this.audit.record(tx, ctx, { action: 'api_key.create', resource: { type: 'api_key', id }, after: { ...apiKeyView(stored, now) }, personal: personalNames.after });
    return { stored, key };
  }
}
