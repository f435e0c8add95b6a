import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { authErrors, SessionCookie, type AccessTokenClaims } from '@plinth/auth';
import { anonymous, type Principal, type RequestContext } from '@plinth/http';
import { isUuid, systemClock } from '@plinth/kernel';
import type { RouteAccess } from '../routing/route-table.js';
import { Bearers, type BearerStanding, type TenantAccess } from './bearers.js';
import { CallerStanding } from './caller-standing.js';
import { callerErrors } from './callers.errors.js';
import { readCredential } from './credentials.js';
import { KeyCallers } from './key-callers.js';
import { OperatorVisits } from './operator-visits.js';
import { People, type FindClaims } from './people.js';

/** Who calls. */
export interface Caller {
  readonly principal: Principal;
  /** Whether it would still be let in as what it was: for answers that go on for long. @throws Problem where not */
  readonly recheck: () => Promise<void>;
  /** When it ceases to be let in by itself, Unix milliseconds; null where only an event ends it. */
  readonly endsAtMs: number | null;
}

/** What a person asks for. */
interface AskedFor {
  /** The tenant that the header names. */
  readonly wanted: string | undefined;
  /** The tenant that the path is of. */
  readonly ofTenant: string | undefined;
  /** Whether it is more than reading, and other than what everybody does for their own account. */
  readonly changes: boolean;
}

const nobody: Caller = { principal: anonymous, recheck: () => Promise.resolve(), endsAtMs: null };

/** Finds out who calls, for which of its tenants, and whether that is still let in. */
@Injectable()
export class CallersService {
  constructor(
    private readonly people: People,
    private readonly sessionCookie: SessionCookie,
    private readonly byKey: KeyCallers,
    private readonly bearers: Bearers,
    private readonly standing: CallerStanding,
    private readonly visits: OperatorVisits,
  ) {}

  /**
   * On an open route everybody is anonymous: a credential that is sent along is not looked at, so
   * that a login with an old token in the header goes through.
   *
   * @param context of the request, whose address is known
   * @param ofTenant the tenant that the path is of: a person who belongs to it and names no other acts there
   * An operator who names a tenant acts there by the access that was granted, and stands in its trail before the call goes on.
   *
   * @throws Problem: 401 without a valid credential, 403 `cross_site_request`, `csrf_token_invalid`, `tenant_forbidden`, `address_not_allowed`, `consent_required`, `tenant_suspended` or
   *   `tenant_deactivated`, 400 `tenant_id_malformed`, 503 while the credential cannot be verified or confirmed
   */
  async identify(access: RouteAccess, headers: IncomingHttpHeaders, context: RequestContext, ofTenant?: string): Promise<Caller> {
    if (typeof access === 'object') return nobody;
    const { kind, text } = readCredential(headers, this.sessionCookie);
    const wanted = wantedTenant(headers['x-tenant-id']);
    const asked = { wanted, ofTenant, changes: access === 'principal' && isChange(context) };
    const find = kind === 'api_key' ? await this.byKey.find(text, wanted, context) : this.person(await this.claimsFinder(kind, text, access, headers, context), asked);
    const principal = await find();
    // Signing out does nothing but end: it is let through also from what has ended, so that a retry finds its answer.
    if (access === 'principal') await this.requireStanding(principal);
    this.byKey.noteUse(principal);
    await this.visits.tell(principal, context);
    const recheck = async () => {
      const now = await find();
      await this.requireStanding(now);
      if (!hasAllOf(now, principal)) throw authErrors.accessDenied();
    };
    return { principal, recheck, endsAtMs: principal.access === undefined ? null : Date.parse(principal.access.expiresAt) };
  }

  private async claimsFinder(kind: 'token' | 'cookie', text: string, access: RouteAccess, headers: IncomingHttpHeaders, { method }: RequestContext): Promise<FindClaims> {
    return kind === 'token' ? await this.people.byToken(text) : await this.people.byCookie(text, { method, headers, leaving: access === 'leaving' });
  }

  private person(findClaims: FindClaims, asked: AskedFor): () => Promise<Principal> {
    return async () => await this.principalOf(await findClaims(), asked);
  }

  private async principalOf(claims: AccessTokenClaims, { wanted, ofTenant, changes }: AskedFor): Promise<Principal> {
    const { userId: id, sessionId } = claims;
    let standing = await this.bearers.standingOf(claims);
    const named = wanted ?? ofTenant;
    if (isMissing(standing, wanted, named)) standing = (await this.bearers.lookAgain(claims)) ?? standing;
    const { memberships, operatorRoles } = standing;
    if (operatorRoles.length > 0) {
      if (wanted === undefined) return { type: 'operator', id, tenantId: null, roles: operatorRoles, sessionId };
      const access = accessTo(standing, wanted);
      if (access === undefined) throw authErrors.tenantForbidden();
      const { tenantId: visited, ...granted } = access;
      return { type: 'operator', id, tenantId: visited, roles: operatorRoles, sessionId, access: granted };
    }
    if (changes && standing.consentDueAt !== undefined && standing.consentDueAt <= systemClock.now()) throw callerErrors.consentRequired();
    const chosen = named === undefined ? undefined : membershipIn(standing, named);
    if (wanted !== undefined && chosen === undefined) throw authErrors.tenantForbidden();
    const { tenantId = null, roles = [], capabilities = [], credentials = [] } = chosen ?? this.activeOf(memberships) ?? {};
    return {
      ...{ type: 'user', id, tenantId, roles, sessionId },
      ...(capabilities.length === 0 ? {} : { capabilities }),
      ...(credentials.length === 0 ? {} : { credentials }),
    };
  }

  /** Of who names none: the first that was not given up, as its next token will say it. */
  private activeOf(memberships: BearerStanding['memberships']) {
    return memberships.find(({ tenantId }) => !this.standing.isGivenUp(tenantId)) ?? memberships[0];
  }

  private async requireStanding({ type, id, tenantId, sessionId }: Principal): Promise<void> {
    await this.standing.require({
      tenantId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(type === 'api_key' && id !== null ? { apiKeyId: id } : {}),
    });
  }
}

/** Own consents, credentials and sessions, a copy of one's data and the end of the account stay open to whoever has not agreed to something newer. */
function isChange({ method, path }: RequestContext): boolean {
  return method !== 'GET' && method !== 'HEAD' && !path.startsWith('/v1/auth/');
}

function membershipIn({ memberships }: BearerStanding, tenant: string) {
  return memberships.find(({ tenantId }) => tenantId.toLowerCase() === tenant);
}

/** An operator's access to the tenant that has not ended. */
function accessTo({ accesses = [] }: BearerStanding, tenant: string): TenantAccess | undefined {
  const nowMs = systemClock.now().getTime();
  return accesses.find(({ tenantId, expiresAt }) => tenantId.toLowerCase() === tenant && Date.parse(expiresAt) > nowMs);
}

/** Whether the standing has nothing of the tenant that the bearer names: it may have come to it just now. */
function isMissing(standing: BearerStanding, wanted: string | undefined, named: string | undefined): boolean {
  if (standing.operatorRoles.length > 0) return wanted !== undefined && accessTo(standing, wanted) === undefined;
  return named !== undefined && membershipIn(standing, named) === undefined;
}

/** Whether the caller has lost nothing: who has a role less must not go on with what it may have been let in for. */
function hasAllOf(now: Principal, before: Principal): boolean {
  const within = (all: readonly string[] = [], some: readonly string[] = []) => some.every((one) => all.includes(one));
  return now.tenantId === before.tenantId && now.access?.grantId === before.access?.grantId && within(now.roles, before.roles) && within(now.capabilities, before.capabilities) && within(now.scopes, before.scopes) && within(kindsOf(now), kindsOf(before));
}

/** Of the credentials that count now. */
function kindsOf({ credentials = [] }: Principal): readonly string[] {
  const nowMs = systemClock.now().getTime();
  return credentials.filter(({ expiresAt }) => Date.parse(expiresAt) > nowMs).map(({ kind }) => kind);
}

function wantedTenant(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !isUuid(header)) throw callerErrors.tenantIdMalformed();
  return header.toLowerCase();
}
