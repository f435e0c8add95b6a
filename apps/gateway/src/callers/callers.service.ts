import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AccessTokenVerifier, authErrors } from '@plinth/auth';
import { anonymous, type Principal } from '@plinth/http';
import { isUuid } from '@plinth/kernel';
import type { RouteAccess } from '../routing/route-table.js';
import { ApiKeys } from './api-keys.js';
import { CallerStanding } from './caller-standing.js';
import { callerErrors } from './callers.errors.js';
import { readCredential } from './credentials.js';
import { JwksFollower } from './jwks-follower.js';

/** Finds out who calls, for which of its tenants, and whether that is still let in. */
@Injectable()
export class CallersService {
  constructor(
    private readonly tokens: AccessTokenVerifier,
    private readonly keys: JwksFollower,
    private readonly apiKeys: ApiKeys,
    private readonly standing: CallerStanding,
  ) {}

  /**
   * On an open route everybody is anonymous: a credential that is sent along is not looked at, so
   * that a login with an old token in the header goes through.
   *
   * @throws Problem: 401 without a valid credential, 403 `tenant_forbidden`, `tenant_suspended` or `tenant_deactivated`, 400 `tenant_id_malformed`,
   *   503 while the credential cannot be verified or confirmed
   */
  async identify(access: RouteAccess, headers: IncomingHttpHeaders): Promise<Principal> {
    if (typeof access === 'object') return anonymous;
    const { kind, text } = readCredential(headers);
    const wanted = wantedTenant(headers['x-tenant-id']);
    const principal = kind === 'api_key' ? await this.byApiKey(text, wanted) : await this.byToken(text, wanted);
    // Signing out does nothing but end: it is let through also from what has ended, so that a retry finds its answer.
    if (access === 'principal') await this.requireStanding(principal);
    return principal;
  }

  private async byApiKey(key: string, wanted: string | undefined): Promise<Principal> {
    const principal = await this.apiKeys.verify(key);
    if (wanted !== undefined && wanted !== principal.tenantId) throw authErrors.tenantForbidden();
    return principal;
  }

  private async byToken(token: string, wanted: string | undefined): Promise<Principal> {
    if (!this.keys.loaded) throw authErrors.verificationKeysMissing();
    const { userId: id, sessionId, memberships, operatorRoles } = await this.tokens.verify(token);
    const isOperator = operatorRoles.length > 0;
    // The first is the active one of who names none; an operator has none.
    const candidates = isOperator ? [] : memberships;
    const membership = wanted === undefined ? candidates[0] : candidates.find(({ tenantId }) => tenantId.toLowerCase() === wanted);
    if (wanted !== undefined && membership === undefined) throw authErrors.tenantForbidden();
    if (isOperator) return { type: 'operator', id, tenantId: null, roles: operatorRoles, sessionId };
    const credentials = membership?.credentials === undefined ? {} : { credentials: membership.credentials };
    return { type: 'user', id, tenantId: membership?.tenantId ?? null, roles: membership?.roles ?? [], sessionId, ...credentials };
  }

  private async requireStanding({ type, id, tenantId, sessionId }: Principal): Promise<void> {
    await this.standing.require({
      tenantId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(type === 'api_key' && id !== null ? { apiKeyId: id } : {}),
    });
  }
}

function wantedTenant(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !isUuid(header)) throw callerErrors.tenantIdMalformed();
  return header.toLowerCase();
}
