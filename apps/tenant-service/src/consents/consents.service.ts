import { Injectable } from '@nestjs/common';
import { ConsentGivenV1, ConsentWithdrawnV1 } from '@plinth/contracts';
import { Transactor, type Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import type { ConsentDto } from '../accounts/dto/register.dto.js';
import type { PolicyVersion } from '../policies/policies.js';
import { PoliciesRepository } from '../policies/policies.repository.js';
import { PolicyDocumentsService } from '../policies/policy-documents.service.js';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { sessionOf } from '../sessions/own-sessions.service.js';
import { outstandingView, type ConsentView, type OutstandingConsentView, type WithdrawalView } from './consent-view.js';
import { consentErrors } from './consents.errors.js';
import { ConsentsRepository, listOutstandingConsents, type ConsentRow } from './consents.repository.js';

const consequence = 'What rested on this consent alone stops at once. What was done before stays lawful, and that you agreed and withdrew stays on record.';

/** What people have agreed to, agree to later, and withdraw. Consents and withdrawals are rows that nothing changes (ADR 0045). */
@Injectable()
export class ConsentsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly consents: ConsentsRepository,
    private readonly policies: PoliciesRepository,
    private readonly documents: PolicyDocumentsService,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** What the caller has agreed to, and what is outstanding. @throws Problem `session_required` (403) for a caller without a session */
  async listOwn(ctx: RequestContext): Promise<{ data: readonly ConsentView[]; outstanding: readonly OutstandingConsentView[] }> {
    const { accountId } = sessionOf(ctx.principal);
    return await this.transactor.read(ctx, async (conn) => {
      const inForce = await this.policies.listInForce(conn);
      const rows = await this.consents.listOf(conn, accountId);
      const outstanding = await listOutstandingConsents(conn, accountId);
      return { data: rows.map((row) => viewOf(row, inForce)), outstanding: outstanding.map(outstandingView) };
    });
  }

  /**
   * Agrees to a document in the version that is in force; once more to what holds changes nothing.
   *
   * @throws Problem `consent_not_current` (422), `session_required` (403)
   */
  async give(ctx: RequestContext, { document, version }: ConsentDto): Promise<ConsentView> {
    const { accountId } = sessionOf(ctx.principal);
    return await this.transactor.run(ctx, async (tx) => {
      await this.consents.lock(tx, accountId);
      const inForce = await this.policies.listInForce(tx);
      const policy = inForce.find((one) => one.document === document && one.version === version);
      if (policy === undefined) throw consentErrors.notCurrent();
      const holds = async () => (await this.consents.listOf(tx, accountId)).find((row) => row.document === document && row.version === version && row.withdrawnAt === null);
      const before = await holds();
      if (before === undefined) await this.add(tx, ctx, accountId, policy);
      const given = before ?? (await holds());
      if (given === undefined) throw new Error('a consent that was just given cannot be read');
      return viewOf(given, inForce);
    });
  }

  /**
   * Withdraws all versions of a document that the caller has agreed to.
   *
   * @throws Problem `consent_not_found` (404), `consent_is_required` (409), `session_required` (403)
   */
  async withdraw(ctx: RequestContext, document: string): Promise<WithdrawalView> {
    const { accountId } = sessionOf(ctx.principal);
    const now = systemClock.now();
    return await this.transactor.run(ctx, async (tx) => {
      await this.consents.lock(tx, accountId);
      const held = (await this.consents.listOf(tx, accountId)).filter((row) => row.document === document && row.withdrawnAt === null);
      const [newest] = held;
      if (newest === undefined) throw consentErrors.notFound();
      if ((await this.policies.listInForce(tx)).some((policy) => policy.document === document && policy.required)) throw consentErrors.isRequired();
      await this.consents.withdraw(tx, accountId, held.map(({ id }) => id), now, ctx.clientIp);
      const payload = { userId: accountId, document, version: newest.version };
      this.outbox.append(tx, ConsentWithdrawnV1, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload });
      this.audit.record(tx, ctx, { action: 'consent.withdraw', resource: { type: 'account', id: accountId }, before: { document, version: newest.version } });
      return { document, withdrawnAt: now.toISOString(), consequence };
    });
  }

  private async add(tx: Tx, ctx: RequestContext, accountId: string, policy: PolicyVersion): Promise<void> {
    const { document, version, required } = policy;
    const now = systemClock.now();
    await this.consents.insert(tx, accountId, [{ id: newId(), document, version, textSha256: await this.documents.textAgreedTo(tx, policy, now) }], now, ctx.clientIp);
    const payload = { userId: accountId, document, version };
    this.outbox.append(tx, ConsentGivenV1, { aggregateId: accountId, tenantId: ctx.tenantId, traceparent: ctx.traceparent, payload });
    this.audit.record(tx, ctx, { action: 'consent.give', resource: { type: 'account', id: accountId }, after: { document, version } });
    // Gateways ask again what the account may, for its tokens say that something is outstanding.
    if (required) await this.revocations.append(tx, 'memberships_changed', accountId);
  }
}

function viewOf({ document, version, givenAt, ip, textSha256, withdrawnAt }: ConsentRow, inForce: readonly PolicyVersion[]): ConsentView {
  const policy = inForce.find((candidate) => candidate.document === document);
  return {
    ...{ document, version, givenAt: givenAt.toISOString(), ip, textSha256, withdrawnAt: withdrawnAt?.toISOString() ?? null },
    ...{ required: policy?.required === true, current: policy?.version === version },
  };
}
