import { Injectable } from '@nestjs/common';
import { AccessTokenIssuer, CsrfTokens, SessionCookie, type AccessTokenClaims, type TokenMembership } from '@plinth/auth';
import { Answer, type Principal } from '@plinth/http';
import { TenantServiceConfig } from '../config.js';
import type { SessionAccount } from '../accounts/accounts.repository.js';
import { longestSessionSeconds } from './session-lifetime.js';
import type { BrowserSignedIn } from './session-shapes.js';

/** What a sign-in and a refresh answer. */
export interface SignedInTokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Of the access token, in seconds. */
  readonly expiresIn: number;
  readonly tokenType: 'Bearer';
}

/** What tokens are of. */
export interface IssuedFor {
  readonly sessionId: string;
  readonly secondFactor: boolean;
}

/** Whom a session of an account speaks for, and what its holder is given to show it. */
@Injectable()
export class SessionTokens {
  constructor(
    private readonly issuer: AccessTokenIssuer,
    private readonly config: TenantServiceConfig,
    private readonly cookie: SessionCookie,
    private readonly csrf: CsrfTokens,
  ) {}

  /** In the tenant that the account belongs to longest; an operator belongs to none. */
  principalOf(account: SessionAccount, sessionId?: string): Principal {
    const isOperator = account.operatorRoles.length > 0;
    const active = homeOf(account);
    const { roles, ...made } = isOperator ? { roles: account.operatorRoles } : { roles: active?.roles ?? [], capabilities: active?.capabilities ?? [] };
    return { type: isOperator ? 'operator' : 'user', id: account.id, tenantId: active?.tenantId ?? null, roles, ...made, ...(sessionId === undefined ? {} : { sessionId }) };
  }

  async issue(account: SessionAccount, session: IssuedFor, refreshToken: string): Promise<SignedInTokens> {
    const access = await this.issuer.issue(this.claimsOf(account, session));
    return { accessToken: access.token, refreshToken, expiresIn: access.expiresInSeconds, tokenType: 'Bearer' };
  }

  /** What a browser is given: the cookie, which its pages cannot read, and the token that they show beside it. */
  hand(cookie: string, { id, expiresAt }: { readonly id: string; readonly expiresAt: Date }): Answer<BrowserSignedIn> {
    return new Answer({ csrfToken: this.csrf.of(id), expiresAt: expiresAt.toISOString() }, { 'set-cookie': this.cookie.set(cookie, longestSessionSeconds) });
  }

  /** What is said of a session's holder. An operator who has not shown the second factor that is required of them is none in this session: they can set one up. */
  claimsOf(account: SessionAccount, { sessionId, secondFactor }: IssuedFor): AccessTokenClaims {
    const operatorRoles = this.config.operatorSecondFactor === 'required' && !secondFactor ? [] : account.operatorRoles;
    return { userId: account.id, sessionId, memberships: callableMemberships(account), operatorRoles, ...consentClaimOf(account) };
  }
}

/**
 * As what an account can call, for its tokens and for gateways that ask. Closed by default: a tenant that is not in use yet, or any
 * more, is nobody's to call. A suspended one is told so by the gateway. An operator belongs to none.
 */
export function callableMemberships({ memberships, operatorRoles }: Pick<SessionAccount, 'memberships' | 'operatorRoles'>): TokenMembership[] {
  if (operatorRoles.length > 0) return [];
  const callable = memberships.filter(({ tenantStatus }) => tenantStatus === 'active' || tenantStatus === 'suspended');
  return callable.map(({ tenantId, roles, capabilities, credentials }) => ({ tenantId, roles, capabilities, ...(credentials.length === 0 ? {} : { credentials }) }));
}

/** What a token and a gateway are told of consents that are outstanding; nothing where none is. */
export function consentClaimOf({ consentDueAt }: Pick<SessionAccount, 'consentDueAt'>): { readonly consentDueAt?: Date } {
  return consentDueAt === null ? {} : { consentDueAt };
}

/** The tenant that a sign-in is for: the oldest membership, and none for an operator. */
export function homeOf({ memberships, operatorRoles }: SessionAccount) {
  return operatorRoles.length > 0 ? undefined : memberships[0];
}
