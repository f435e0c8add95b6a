import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { created, etagOf, requireMatch, type Page, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { memberErrors } from '../members/members.errors.js';
import { MembersRepository } from '../members/members.repository.js';
import { CredentialChanges } from './credential-changes.js';
import { submitted, withdraw, type CredentialView } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';
import { answer, CredentialsService, numbered } from './credentials.service.js';
import type { ListCredentialsQuery, SubmitCredentialDto } from './dto/credential.dto.js';

/** What members do with their own credentials in a tenant. A licence is a person's: a key has none. */
@Injectable()
export class OwnCredentialsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly credentials: CredentialsRepository,
    private readonly members: MembersRepository,
    private readonly changes: CredentialChanges,
    private readonly lists: CredentialsService,
  ) {}

  /** Newest first. @throws Problem `person_required` (403), `cursor_invalid` (400) */
  async list(ctx: RequestContext, tenantId: string, query: ListCredentialsQuery): Promise<Page<CredentialView>> {
    return await this.lists.list(ctx, tenantId, personOf(ctx), query);
  }

  /** With its number. @throws Problem `person_required` (403), `credential_not_found` (404) */
  async get(ctx: RequestContext, id: string) {
    const accountId = personOf(ctx);
    const credential = await this.transactor.read(ctx, (conn) => this.credentials.get(conn, accountId, id));
    return numbered(credential, this.changes.numberOf(credential));
  }

  /** It waits to be verified. @throws Problem `person_required` (403), `credential_waiting` (409), `credential_dates_invalid` (422) */
  async submit(ctx: RequestContext, tenantId: string, { number, ...said }: SubmitCredentialDto) {
    const accountId = personOf(ctx);
    return await this.transactor.run(ctx, async (tx) => {
      // The token may be older than the end of the membership.
      if (!(await this.members.isMember(tx, tenantId, accountId))) throw memberErrors.notFound();
      const credential = submitted({ id: newId(), tenantId, accountId, ...said, now: systemClock.now() });
      await this.changes.add(tx, ctx, credential, number);
      const { body } = numbered(credential, number);
      return created(body, `/v1/tenants/${tenantId}/own-credentials/${credential.id}`, { etag: etagOf(credential.version) });
    });
  }

  /** It counts for nothing from then on. @throws Problem `person_required` (403), `credential_not_found` (404), `credential_not_open` (409), `precondition_failed` (412) */
  async withdraw(ctx: RequestContext, id: string) {
    const accountId = personOf(ctx);
    return await this.transactor.run(ctx, async (tx) => {
      const credential = await this.credentials.claim(tx, accountId, id);
      requireMatch(ctx.ifMatch, credential.version);
      const after = withdraw(credential, accountId, null, systemClock.now());
      await this.changes.change(tx, ctx, credential, after);
      return answer(after);
    });
  }
}

function personOf({ principal: { type, id } }: RequestContext): string {
  if (type !== 'user' || id === null) throw memberErrors.personOnly();
  return id;
}
