import { Injectable } from '@nestjs/common';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { systemClock } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { MailQueue } from '../mail/mail-queue.js';
import { MembersRepository } from '../members/members.repository.js';
import { CredentialChanges } from './credential-changes.js';
import { asOf, isToBeWarnedOf, warned } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';

/** Of one call: each is a short transaction of its own. */
const toldACall = 100;

/** Tells of verified credentials that end: their members by mail 30 days before and when they have, others by events and the tenant's trail. */
@Injectable()
export class CredentialEndingsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly credentials: CredentialsRepository,
    private readonly members: MembersRepository,
    private readonly changes: CredentialChanges,
    private readonly mails: MailQueue,
    private readonly logger: Logger,
  ) {}

  /**
   * Of each once, however often it is asked and by how many at once; that an end counts does not depend on it. One that fails does not keep the others from their turn.
   *
   * @throws the first error, after all have had their turn
   */
  async tell(ctx: RequestContext): Promise<{ readonly told: number; readonly more: boolean }> {
    const due = await this.credentials.listEnding(systemClock.now(), toldACall);
    let told = 0;
    const failures: unknown[] = [];
    for (const { id, tenantId, accountId } of due) {
      try {
        // A service has no tenant: in this transaction row-level security and the trail speak of this one.
        ctx.actAs({ ...ctx.principal, tenantId });
        const { email } = await this.members.getMember(tenantId, accountId);
        if (await this.transactor.run(ctx, async (tx) => await this.tellOne(tx, ctx, accountId, id, email))) told += 1;
      } catch (error) {
        this.logger.error('the end of a credential could not be told', { tenantId, error });
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return { told, more: due.length === toldACall };
  }

  /** @returns false where another was quicker */
  private async tellOne(tx: Tx, ctx: RequestContext, accountId: string, id: string, email: string): Promise<boolean> {
    const now = systemClock.now();
    const credential = await this.credentials.claim(tx, accountId, id);
    const standing = asOf(credential, now);
    if (standing !== credential) {
      await this.mails.add(tx, 'credential_has_expired', email);
      await this.changes.change(tx, ctx, credential, standing);
      return true;
    }
    if (!isToBeWarnedOf(credential, now)) return false;
    await this.mails.add(tx, 'credential_expires_soon', email);
    await this.changes.warn(tx, ctx, credential, warned(credential, now));
    return true;
  }
}
