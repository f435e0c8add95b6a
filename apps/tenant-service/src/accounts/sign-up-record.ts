import { Injectable } from '@nestjs/common';
import { TenantCreatedV1, UserRegisteredV1 } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import type { RequestContext } from '@plinth/http';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { MailQueue } from '../mail/mail-queue.js';
import type { PolicyVersion } from '../policies/policies.js';
import type { Tenant } from '../tenants/tenant.entity.js';

/** What was made. */
interface SignedUp {
  readonly user: { readonly id: string; readonly email: string; readonly createdAt: string };
  readonly tenant: Tenant;
  readonly agreedTo: readonly PolicyVersion[];
}

/** What a sign-up brings along: the events, the trail, and the mail that confirms the address. */
@Injectable()
export class SignUpRecord {
  constructor(
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
  ) {}

  async tell(tx: Tx, ctx: RequestContext, { user, tenant, agreedTo }: SignedUp): Promise<void> {
    await this.mails.add(tx, 'verify_email', user.email);
    this.outbox.append(tx, UserRegisteredV1, {
      aggregateId: user.id,
      tenantId: tenant.id,
      traceparent: ctx.traceparent,
      payload: { userId: user.id, tenantId: tenant.id },
    });
    this.outbox.append(tx, TenantCreatedV1, {
      aggregateId: tenant.id,
      tenantId: tenant.id,
      traceparent: ctx.traceparent,
      payload: { tenantId: tenant.id, name: tenant.name, slug: tenant.slug, status: tenant.status, tier: tenant.tier, ownerId: user.id },
    });
    this.audit.record(tx, ctx, {
      action: 'auth.register',
      resource: { type: 'tenant', id: tenant.id },
      after: { user, tenant: tenant.toView(), consents: agreedTo.map(({ document, version }) => ({ document, version })) },
      personal: ['/after/user/email'],
    });
  }
}
