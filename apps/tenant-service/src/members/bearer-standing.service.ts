import { Injectable } from '@nestjs/common';
import { holdsCapability, type AccessTokenClaims } from '@plinth/auth';
import { systemClock } from '@plinth/kernel';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { OperatorAccessRepository, type LiveAccess } from '../operator-access/operator-access.repository.js';
import { callableMemberships, consentClaimOf } from '../sessions/session-tokens.js';

/** What an access token of the account would say now, and what none says. */
export interface BearerStanding extends Pick<AccessTokenClaims, 'memberships' | 'operatorRoles' | 'consentDueAt'> {
  /** Into which tenants an operator may look now. */
  readonly accesses: readonly LiveAccess[];
}

const nothing: BearerStanding = { memberships: [], operatorRoles: [], accesses: [] };

@Injectable()
export class BearerStandingService {
  constructor(
    private readonly accounts: AccountsRepository,
    private readonly accesses: OperatorAccessRepository,
  ) {}

  /** Nothing for an account that is disabled, or is not there. */
  async get(accountId: string): Promise<BearerStanding> {
    const account = await this.accounts.findSessionAccount(accountId);
    if (account === null || account.status !== 'active') return nothing;
    const { operatorRoles } = account;
    return { memberships: callableMemberships(account), operatorRoles, accesses: await this.accessesOf(accountId, operatorRoles), ...consentClaimOf(account) };
  }

  /** Whoever could not ask for an access any more has none. */
  private async accessesOf(id: string, roles: readonly string[]): Promise<readonly LiveAccess[]> {
    if (!holdsCapability({ type: 'operator', id, tenantId: null, roles }, 'tenant_access.request')) return [];
    return await this.accesses.listLive(id, systemClock.now());
  }
}
