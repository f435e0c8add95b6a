import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { Answer, etagOf, requireMatch, SignedCursor, type Page, type RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { memberErrors } from '../members/members.errors.js';
import { CredentialChanges } from './credential-changes.js';
import { asOf, credentialView, reject, verify, withdraw, type Credential, type CredentialView } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';
import type { ListCredentialsQuery } from './dto/credential.dto.js';

/** What a tenant makes of its members' credentials. */
@Injectable()
export class CredentialsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly credentials: CredentialsRepository,
    private readonly changes: CredentialChanges,
    private readonly cursors: SignedCursor,
  ) {}

  /** Newest first, without numbers. @param accountId null for all members' @throws Problem `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, accountId: string | null, query: ListCredentialsQuery): Promise<Page<CredentialView>> {
    const { status = null, kind = null, expiresUntil = null } = query;
    const now = systemClock.now();
    const { rows, nextCursor } = await this.cursors.readPage(query, {
      binding: ['credentials', tenantId, accountId, status, kind, expiresUntil],
      read: (before: string | null, limit) => this.transactor.read(ctx, (conn) => this.credentials.list(conn, tenantId, { accountId, status, kind, expiresUntil }, now, before, limit)),
      positionOf: ({ id }: Credential) => id,
    });
    return { data: rows.map((credential) => credentialView(asOf(credential, now))), nextCursor };
  }

  /** With its number, and an entry in the trail that it was looked at. @throws Problem `credential_not_found` (404) */
  async get(ctx: RequestContext, accountId: string, id: string) {
    return await this.transactor.run(ctx, async (tx) => {
      const credential = await this.credentials.get(tx, accountId, id);
      this.changes.recordLook(tx, ctx, credential);
      return numbered(credential, this.changes.numberOf(credential));
    });
  }

  /** It counts from then on. @throws Problem `person_required`, `credential_own` (403), `credential_not_found` (404), `credential_not_open` (409), `precondition_failed` (412) */
  async verify(ctx: RequestContext, accountId: string, id: string) {
    return await this.decide(ctx, accountId, id, verify);
  }

  /** @throws Problem as `verify` */
  async reject(ctx: RequestContext, accountId: string, id: string, reason: string) {
    return await this.decide(ctx, accountId, id, (credential, by, now) => reject(credential, by, reason, now));
  }

  /** One that was verified counts for nothing from then on. @throws Problem as `verify` */
  async withdraw(ctx: RequestContext, accountId: string, id: string, reason: string) {
    return await this.decide(ctx, accountId, id, (credential, by, now) => withdraw(credential, by, reason, now));
  }

  /** By a person: whoever is answered for by a verification has to be found. */
  private async decide(ctx: RequestContext, accountId: string, id: string, decision: (credential: Credential, by: string, now: Date) => Credential) {
    const { type, id: by } = ctx.principal;
    if (type !== 'user' || by === null) throw memberErrors.personOnly();
    return await this.transactor.run(ctx, async (tx) => {
      const credential = await this.credentials.claim(tx, accountId, id);
      requireMatch(ctx.ifMatch, credential.version);
      const after = decision(credential, by, systemClock.now());
      await this.changes.change(tx, ctx, credential, after);
      return answer(after);
    });
  }
}

export function answer(credential: Credential) {
  return new Answer(credentialView(credential), { etag: etagOf(credential.version) });
}

/** As it stands now, with its number. */
export function numbered(credential: Credential, number: string) {
  return new Answer({ ...credentialView(asOf(credential, systemClock.now())), number }, { etag: etagOf(credential.version) });
}
