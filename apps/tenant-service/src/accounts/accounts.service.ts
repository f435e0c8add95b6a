import { Injectable } from '@nestjs/common';
import { Transactor } from '@plinth/database';
import { created, etagOf, type RequestContext } from '@plinth/http';
import { newId, systemClock } from '@plinth/kernel';
import { TenantServiceConfig } from '../config.js';
import { SignUpConsents } from '../consents/sign-up-consents.js';
import { requireUncommonPassword } from '../passwords/password-rules.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { TenantsRepository } from '../tenants/tenants.repository.js';
import { AccountsRepository } from './accounts.repository.js';
import type { RegisterDto } from './dto/register.dto.js';
import { PasswordHasher } from './password-hasher.js';
import { SignUpRecord } from './sign-up-record.js';

@Injectable()
export class AccountsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly accounts: AccountsRepository,
    private readonly tenants: TenantsRepository,
    private readonly hasher: PasswordHasher,
    private readonly consents: SignUpConsents,
    private readonly signUp: SignUpRecord,
    private readonly config: TenantServiceConfig,
  ) {}

  /** Makes an account and a tenant that it owns. @throws Problem `consent_missing`, `password_too_common` (422), `email_taken` (409) */
  async register(ctx: RequestContext, request: RegisterDto) {
    const agreedTo = await this.consents.require(ctx, request.consents);
    requireUncommonPassword(request.password, request.email);
    const passwordHash = await this.hasher.hash(request.password); // before the transaction: it takes a while
    const now = systemClock.now();
    const account = { id: newId(), email: request.email, passwordHash, createdAt: now };
    const tenant = Tenant.create({ name: request.tenantName, status: this.config.requireEmailVerification ? 'pending' : 'active', now });
    ctx.actAs({ type: 'user', id: account.id, tenantId: tenant.id, roles: ['owner'] });
    const user = { id: account.id, email: account.email, createdAt: now.toISOString() };
    return await this.transactor.run(ctx, async (tx) => {
      await this.accounts.insertAccount(tx, account);
      await this.tenants.insert(tx, tenant, account.id);
      await this.consents.record(tx, account.id, agreedTo, now, ctx.clientIp);
      await this.signUp.tell(tx, ctx, { user, tenant, agreedTo });
      return created({ user, tenant: tenant.toView() }, `/v1/tenants/${tenant.id}`, { etag: etagOf(tenant.version) });
    });
  }
}
