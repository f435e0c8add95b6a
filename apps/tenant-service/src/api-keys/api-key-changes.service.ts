import { Injectable } from '@nestjs/common';
import { ApiKeyRevokedV1, ApiKeyRotatedV1, ApiKeyUpdatedV1, TenantApiKeysRevokedV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { Answer, created, etagOf, requireMatch, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { ApiKeyIssue } from './api-key-issue.js';
import { changeOf, eventOf, tenantOf } from './api-key-telling.js';
import { apiKeyStatus, apiKeyView, type ApiKey } from './api-key.js';
import { apiKeyErrors } from './api-keys.errors.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import { defaultOverlapSeconds, type RotateApiKeyDto } from './dto/rotate-api-key.dto.js';
import type { UpdateApiKeyDto } from './dto/update-api-key.dto.js';
import { expiryOf, networksOf } from './key-limits.js';
import { recutScopes } from './scopes.js';

/** What becomes of keys. Each change is told to the gateways, last in its transaction, for that takes the lock of the feed. */
@Injectable()
export class ApiKeyChangesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly keys: ApiKeysRepository,
    private readonly issuing: ApiKeyIssue,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Makes a successor: another id and secret, the same name, networks and expiry, and of the scopes what the caller has
   * too. It acts for the caller: nobody comes to another's role by rotating its key.
   *
   * @throws Problem `api_key_not_found` (404), `api_key_ended`, `api_key_paused`, `api_key_rotated` (409), `scopes_invalid` (422)
   */
  async rotate(ctx: RequestContext, id: string, { overlapSeconds = defaultOverlapSeconds }: RotateApiKeyDto) {
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      await this.issuing.begin(tx, ctx);
      const old = await this.keys.claimKey(tx, id);
      const createdBy = await this.keys.getActingAccount(tx, ctx.principal);
      requireMatch(ctx.ifMatch, old.version);
      requireNotEnded(old, now);
      if (old.rotatedTo !== null) throw apiKeyErrors.rotated();
      if (!old.active) throw apiKeyErrors.paused();
      const { name, expiresAt, allowedAddresses } = old;
      const { stored, key } = await this.issuing.issue(tx, ctx, createdBy, now, { name, expiresAt, allowedAddresses, scopes: recutScopes(ctx.principal, old.scopes), replaces: id });
      const overlapEndsAt = new Date(now.getTime() + overlapSeconds * 1000);
      const replaced = { ...old, rotatedTo: stored.id, overlapEndsAt, version: old.version + 1 };
      await this.keys.save(tx, replaced);
      const told = { apiKeyId: id, tenantId: old.tenantId, successorId: stored.id, overlapEndsAt: overlapEndsAt.toISOString() };
      this.outbox.append(tx, ApiKeyRotatedV1, { ...eventOf(ctx, old), payload: told });
      this.audit.record(tx, ctx, changeOf('api_key.rotate', old, replaced, now));
      await this.revocations.append(tx, 'api_key_changed', id);
      return created({ ...apiKeyView(stored, now), key, previous: { id, overlapEndsAt: told.overlapEndsAt } }, `/v1/api-keys/${stored.id}`);
    });
  }

  /** @throws Problem `api_key_not_found` (404), `api_key_ended` (409), `precondition_failed` (412), `expiry_past` (422) */
  async update(ctx: RequestContext, id: string, changes: UpdateApiKeyDto) {
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const before = await this.keys.claimKey(tx, id);
      requireMatch(ctx.ifMatch, before.version);
      requireNotEnded(before, now);
      const { key: after, changed } = applied(before, changes, now);
      if (changed.length > 0) {
        await this.keys.save(tx, after);
        this.outbox.append(tx, ApiKeyUpdatedV1, { ...eventOf(ctx, after), payload: { apiKeyId: id, tenantId: after.tenantId, active: after.active, changed: [...changed] } });
      }
      this.audit.record(tx, ctx, changeOf('api_key.update', before, after, now));
      if (changed.length > 0) await this.revocations.append(tx, 'api_key_changed', id);
      return new Answer(apiKeyView(after, now), { etag: etagOf(after.version) });
    });
  }

  /** Revoking what is revoked changes nothing. @throws Problem `api_key_not_found` (404), `precondition_failed` (412) */
  async revoke(ctx: RequestContext, id: string): Promise<void> {
    await this.transactor.run(ctx, async (tx) => {
      const key = await this.keys.claimKey(tx, id);
      requireMatch(ctx.ifMatch, key.version);
      if (key.revokedAt !== null) return;
      const now = systemClock.now();
      const revoked = { ...key, revokedAt: now, version: key.version + 1 };
      await this.keys.save(tx, revoked);
      this.outbox.append(tx, ApiKeyRevokedV1, eventOf(ctx, key));
      this.audit.record(tx, ctx, changeOf('api_key.revoke', key, revoked, now));
      await this.revocations.append(tx, 'api_key_revoked', id);
    });
  }

  /**
   * Every key of the tenant, the caller's own too, and none that is made later. One event and one line of the feed,
   * however many they are.
   */
  async revokeAll(ctx: RequestContext, reason: string | undefined): Promise<{ readonly revoked: number }> {
    const tenantId = tenantOf(ctx);
    return await this.transactor.run(ctx, async (tx) => {
      const now = systemClock.now();
      const revoked = await this.keys.revokeAll(tx, tenantId, now);
      if (revoked > 0) {
        const payload = { tenantId, revoked, revokedAt: now.toISOString() };
        this.outbox.append(tx, TenantApiKeysRevokedV1, { aggregateId: tenantId, tenantId, traceparent: ctx.traceparent, payload });
      }
      this.audit.record(tx, ctx, { action: 'api_key.revoke_all', resource: { type: 'tenant', id: tenantId }, ...(reason === undefined ? {} : { reason }), after: { revoked } });
      if (revoked > 0) await this.revocations.append(tx, 'tenant_keys_revoked', tenantId);
      return { revoked };
    });
  }
}

/** A paused key has not ended. @throws Problem `api_key_ended` (409) */
function requireNotEnded(key: ApiKey, now: Date): void {
  const status = apiKeyStatus(key, now);
  if (status !== 'active' && status !== 'paused') throw apiKeyErrors.ended();
}

/** @throws Problem `expiry_past` (422) */
function applied(key: ApiKey, { name, active, allowedAddresses, expiresAt }: UpdateApiKeyDto, now: Date): { readonly key: ApiKey; readonly changed: readonly string[] } {
  const wanted = {
    name: name ?? key.name,
    active: active ?? key.active,
    allowedAddresses: allowedAddresses === undefined ? key.allowedAddresses : networksOf(allowedAddresses),
    expiresAt: expiresAt === undefined ? key.expiresAt : expiryOf(expiresAt, now),
  };
  const changed = (Object.keys(wanted) as (keyof typeof wanted)[]).filter((field) => JSON.stringify(wanted[field]) !== JSON.stringify(key[field]));
  return { key: changed.length === 0 ? key : { ...key, ...wanted, version: key.version + 1 }, changed };
}
