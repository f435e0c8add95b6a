import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import {
  AccessTokenVerifier,
  authenticationRequired,
  tenantForbidden,
  verificationKeysMissing,
  type AccessTokenClaims,
  type TokenMembership,
} from '@plinth/auth';
import { anonymous, type Principal } from '@plinth/http';
import { isUuid, Problem } from '@plinth/kernel';
import type { RouteAccess } from '../routing/route-table.js';
import { JwksFollower } from './jwks-follower.js';

const BEARER = /^Bearer +(\S+)$/i;

/** Finds out who calls, and for which of its tenants. */
@Injectable()
export class CallersService {
  constructor(
    private readonly tokens: AccessTokenVerifier,
    private readonly keys: JwksFollower,
  ) {}

  /**
   * On an open route everybody is anonymous: a credential that is sent along is not looked at, so
   * that a login with an old token in the header goes through.
   *
   * @throws Problem: 401 without a valid credential, 403 `tenant_forbidden`, 400 `tenant_id_malformed`, 503 while no token can be verified
   */
  async identify(access: RouteAccess, headers: IncomingHttpHeaders): Promise<Principal> {
    if (access !== 'principal') return anonymous;
    const token = BEARER.exec(headers.authorization ?? '')?.[1];
    if (token === undefined) throw authenticationRequired();
    if (!this.keys.loaded) throw verificationKeysMissing();
    const claims = await this.tokens.verify(token);
    const membership = activeMembership(claims, headers['x-tenant-id']);
    return {
      type: 'user',
      id: claims.userId,
      tenantId: membership?.tenantId ?? null,
      roles: membership?.roles ?? [],
      sessionId: claims.sessionId,
    };
  }
}

/** The membership that the caller asks for, or else its first; undefined for a user without a tenant. */
function activeMembership({ memberships }: AccessTokenClaims, wanted: string | string[] | undefined): TokenMembership | undefined {
  if (wanted === undefined) return memberships[0];
  if (typeof wanted !== 'string' || !isUuid(wanted)) {
    throw new Problem('tenant_id_malformed', 'malformed', 'X-Tenant-Id is not a UUID.');
  }
  const membership = memberships.find(({ tenantId }) => tenantId.toLowerCase() === wanted.toLowerCase());
  if (membership === undefined) throw tenantForbidden();
  return membership;
}
