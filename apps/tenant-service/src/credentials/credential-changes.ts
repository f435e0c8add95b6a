import { Injectable } from '@nestjs/common';
import {
  CredentialExpiredV1,
  CredentialExpiringV1,
  CredentialRejectedV1,
  CredentialSubmittedV1,
  CredentialVerifiedV1,
  CredentialWithdrawnV1,
  type CredentialV1Payload,
} from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { SealRing } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { RevocationsRepository } from '../revocations/revocations.repository.js';
import { credentialRecord, type Credential } from './credential.js';
import { CredentialsRepository } from './credentials.repository.js';

/** Keeps the numbers of credentials from whoever has the database alone. */
export class CredentialSeal extends SealRing {
  constructor(secrets: readonly Buffer[]) {
    super(secrets, 'plinth credential v1');
  }
}

/** By what a credential becomes. */
const steps = {
  submitted: { event: CredentialSubmittedV1, action: 'credential.submit' },
  verified: { event: CredentialVerifiedV1, action: 'credential.verify' },
  rejected: { event: CredentialRejectedV1, action: 'credential.reject' },
  withdrawn: { event: CredentialWithdrawnV1, action: 'credential.withdraw' },
  expired: { event: CredentialExpiredV1, action: 'credential.expire' },
} as const;

/** What every change of a credential has in common: the row, an event, an entry in the tenant's trail, and what gateways hear of it. */
@Injectable()
export class CredentialChanges {
  constructor(
    private readonly credentials: CredentialsRepository,
    private readonly seal: CredentialSeal,
    private readonly revocations: RevocationsRepository,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  /** @throws Problem `credential_waiting` (409) */
  async add(tx: Tx, ctx: RequestContext, credential: Credential, number: string): Promise<void> {
    await this.credentials.insert(tx, credential, this.seal.seal(Buffer.from(number)));
    this.tell(tx, ctx, null, credential);
  }

  /** Call it last: it takes the lock of the revocation feed. */
  async change(tx: Tx, ctx: RequestContext, before: Credential, after: Credential): Promise<void> {
    await this.credentials.save(tx, after);
    this.tell(tx, ctx, before, after);
    // What never counted, or has stopped by the clock, is no news to a gateway.
    if (after.status === 'verified' || before.status === 'verified') await this.revocations.append(tx, 'memberships_changed', after.accountId);
  }

  /** That its member is told of its end. */
  async warn(tx: Tx, ctx: RequestContext, before: Credential, after: Credential): Promise<void> {
    await this.credentials.save(tx, after);
    this.outbox.append<CredentialV1Payload>(tx, CredentialExpiringV1, eventOf(ctx, after));
    this.audit.record(tx, ctx, { action: 'credential.warn', resource: resourceOf(before), after: { ...credentialRecord(after), accountId: after.accountId } });
  }

  /** That somebody else looked at the number. */
  recordLook(tx: Tx, ctx: RequestContext, credential: Credential): void {
    this.audit.record(tx, ctx, { action: 'credential.read', resource: resourceOf(credential), after: { accountId: credential.accountId } });
  }

  numberOf({ sealed }: { readonly sealed: Buffer }): string {
    return this.seal.open(sealed).toString('utf8');
  }

  private tell(tx: Tx, ctx: RequestContext, before: Credential | null, after: Credential): void {
    const { event, action } = steps[after.status];
    this.outbox.append<CredentialV1Payload>(tx, event, eventOf(ctx, after));
    this.audit.record(tx, ctx, {
      action,
      resource: resourceOf(after),
      ...(after.reason === null ? {} : { reason: after.reason }),
      before: before === null ? null : { ...credentialRecord(before) },
      after: { ...credentialRecord(after), accountId: after.accountId },
    });
  }
}

function resourceOf({ id }: Credential) {
  return { type: 'credential', id };
}

function eventOf({ traceparent }: RequestContext, { id, tenantId, accountId, kind, expiresAt }: Credential) {
  return { aggregateId: id, tenantId, traceparent, payload: { credentialId: id, tenantId, accountId, kind, expiresAt: expiresAt.toISOString() } };
}
