import { Injectable } from '@nestjs/common';
import type { AccessTokenClaims } from '@plinth/auth';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { callableMemberships, consentClaimOf } from '../sessions/session-tokens.js';

/** What an access token of the account would say now. */
export type BearerStanding = Pick<AccessTokenClaims, 'memberships' | 'operatorRoles' | 'consentDueAt'>;

@Injectable()
export class BearerStandingService {
  constructor(private readonly accounts: AccountsRepository) {}

  /** Nothing for an account that is disabled, or is not there. */
  async get(accountId: string): Promise<BearerStanding> {
    const account = await this.accounts.findSessionAccount(accountId);
    if (account === null || account.status !== 'active') return { memberships: [], operatorRoles: [] };
    return { memberships: callableMemberships(account), operatorRoles: account.operatorRoles, ...consentClaimOf(account) };
  }
}
