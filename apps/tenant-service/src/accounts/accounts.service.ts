import { Injectable } from '@nestjs/common';
import { TenantCreatedV1, UserRegisteredV1 } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import { created, etagOf, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { AuditTrail, Outbox } from '@plinth/outbox';
import { TenantServiceConfig } from '../config.js';
import { MailQueue } from '../mail/mail-queue.js';
import { policies } from '../policies/policies.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { accountErrors } from './accounts.errors.js';
import { requireUncommonPassword } from '../passwords/password-rules.js';
import { AccountsRepository } from './accounts.repository.js';
import type { ConsentDto, RegisterDto } from './dto/register.dto.js';
import { PasswordHasher } from './password-hasher.js';

@Injectable()
export class AccountsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly tenants: TenantsRepository,
    private readonly hasher: PasswordHasher,
    private readonly mails: MailQueue,
    private readonly outbox: Outbox,
    private readonly audit: AuditTrail,
    private readonly config: TenantServiceConfig,
  ) {}

  /** Makes an account and a tenant that it owns. @throws Problem `consent_missing`, `password_too_common` (422), `email_taken` (409) */
  async register(ctx: RequestContext, request: RegisterDto) {
    requireConsents(request.consents);
    requireUncommonPassword(request.password, request.email);
    const passwordHash = await this.hasher.hash(request.password); // before the transaction: it takes a while
    const now = systemClock.now();
    const account = { id: newId(), email: request.email, passwordHash, createdAt: now };
    const tenant = Tenant.create({ name: request.tenantName, status: this.config.requireEmailVerification ? 'pending' : 'active', now });
    const consents = request.consents.map(({ document, version }) => ({ id: newId(), document, version }));
    ctx.actAs({ type: 'user', id: account.id, tenantId: tenant.id, roles: ['owner'] });
    const user = { id: account.id, email: account.email, createdAt: now.toISOString() };
    return await this.transactor.run(ctx, async (tx) => {
      await this.accounts.insertAccount(tx, account);
      await this.tenants.insert(tx, tenant, account.id);
      await this.accounts.insertConsents(tx, account.id, consents, now, ctx.clientIp);
      await this.mails.add(tx, 'verify_email', account.email);
      this.outbox.append(tx, UserRegisteredV1, {
        aggregateId: account.id,
        tenantId: tenant.id,
        traceparent: ctx.traceparent,
        payload: { userId: account.id, tenantId: tenant.id },
      });
      this.outbox.append(tx, TenantCreatedV1, {
        aggregateId: tenant.id,
        tenantId: tenant.id,
        traceparent: ctx.traceparent,
        payload: { tenantId: tenant.id, name: tenant.name, slug: tenant.slug, status: tenant.status, tier: tenant.tier, ownerId: account.id },
      });
      this.audit.record(tx, ctx, {
        action: 'auth.register',
        resource: { type: 'tenant', id: tenant.id },
        after: { user, tenant: tenant.toView(), consents: consents.map(({ document, version }) => ({ document, version })) },
        personal: ['/after/user/email'],
      });
      return created({ user, tenant: tenant.toView() }, `/v1/tenants/${tenant.id}`, { etag: etagOf(tenant.version) });
    });
  }
}

function requireConsents(given: readonly ConsentDto[]): void {
  const missing = policies.filter(
    ({ document, version, required }) => required && !given.some((consent) => consent.document === document && consent.version === version),
  );
  const unknown = given.flatMap((consent, index) =>
    policies.some(({ document, version }) => consent.document === document && consent.version === version)
      ? []
      : [{ pointer: `/consents/${index}`, detail: 'is not a current document and version (GET /v1/policies)' }],
  );
  const errors = [...missing.map(({ document, version }) => ({ pointer: '/consents', detail: `needs ${document} ${version}` })), ...unknown];
  if (errors.length > 0) throw accountErrors.consentMissing(errors);
}
