import { isUuid } from '@plinth/kernel';
import type { HttpAnswer } from '@plinth/resilience';
import type { ApiKeyFacts } from './api-keys.js';
import type { BearerStanding, TenantAccess } from './bearers.js';
import type { BrowserSessionFacts } from './browser-sessions.js';
import type { Caller, Standing } from './caller-standing.js';
import type { TenantServiceCalls } from './tenant-service-calls.js';

/** The facts of a key; null where there is none of this id. @throws where there is no usable answer */
export async function findApiKeyFacts(calls: TenantServiceCalls, id: string): Promise<ApiKeyFacts | null> {
  const answer = await calls.get(`/internal/v1/api-keys/${id}`);
  if (answer.status === 404) return null;
  const facts = read<ApiKeyFacts>(answer);
  const usable = facts.id === id && typeof facts.tenantId === 'string' && /^[0-9a-f]{64}$/.test(facts.hash ?? '') && isList(facts.roles) && isList(facts.scopes) && isList(facts.allowedAddresses ?? []);
  if (!usable) throw new Error('the facts of a key have another form');
  return facts as ApiKeyFacts;
}

/** @param uses when keys were last let in. @throws where tenant-service has not taken them */
export async function tellUses(calls: TenantServiceCalls, uses: readonly { readonly id: string; readonly at: string }[]): Promise<void> {
  const { status } = await calls.ask('/internal/v1/api-keys/uses', { uses });
  if (status !== 204) throw new Error(`tenant-service answered ${status}`);
}

/** @throws where there is no usable answer */
export async function findBearerStanding(calls: TenantServiceCalls, accountId: string): Promise<BearerStanding> {
  // A tenant-service from before it knew of operators' access says nothing of it, and there is none.
  const { accesses = [], ...standing } = read<Told<BearerStanding>>(await calls.get(`/internal/v1/accounts/${accountId}/standing`));
  if (!Array.isArray(accesses) || !accesses.every(isAccess)) throw new Error('the standing of a bearer has another form');
  return { ...readStanding(standing), accesses };
}

/** The session of a browser by the hash of its cookie; null where there is none. @throws where there is no usable answer */
export async function findBrowserSession(calls: TenantServiceCalls, cookieHash: string): Promise<BrowserSessionFacts | null> {
  const answer = await calls.ask('/internal/v1/browser-sessions/find', { cookieHash });
  if (answer.status === 404) return null;
  const { sessionId = '', userId = '', expiresAt = '', ended, ...standing } = read<Told<BrowserSessionFacts>>(answer);
  if (!isUuid(sessionId) || !isUuid(userId) || Number.isNaN(Date.parse(expiresAt)) || typeof ended !== 'boolean') throw new Error('the facts of a session have another form');
  return { ...readStanding(standing), sessionId, userId, expiresAt: new Date(expiresAt), ended };
}

/** @throws where there is no usable answer */
export async function askStanding(calls: TenantServiceCalls, { tenantId, ...caller }: Caller): Promise<Standing> {
  const standing = read<Standing>(await calls.ask('/internal/v1/callers/check', { ...caller, ...(tenantId === null ? {} : { tenantId }) }));
  // A tenant-service from before it knew of deactivated tenants says nothing of them, and has none.
  const { tenantSuspended, tenantDeactivated = false, sessionRevoked, apiKeyRevoked } = standing;
  if (typeof tenantDeactivated !== 'boolean' || typeof tenantSuspended !== 'boolean' || typeof sessionRevoked !== 'boolean' || typeof apiKeyRevoked !== 'boolean') {
    throw new Error('the standing of a caller has another form');
  }
  return { tenantSuspended, tenantDeactivated, sessionRevoked, apiKeyRevoked };
}

/** What a token says, too. */
type TokenStanding = Omit<BearerStanding, 'accesses'>;

/** As JSON has it: times are texts. */
type Told<T> = { readonly [Name in keyof T]: T[Name] extends Date | undefined ? string : T[Name] };

function read<T>({ status, body }: HttpAnswer): Partial<T> {
  if (status !== 200) throw new Error(`tenant-service answered ${status}`);
  return JSON.parse(body.toString('utf8')) as Partial<T>;
}

function readStanding({ memberships, operatorRoles, consentDueAt }: Partial<Told<TokenStanding>>): TokenStanding {
  const usable = (consentDueAt === undefined || !Number.isNaN(Date.parse(consentDueAt))) && isList(operatorRoles) && Array.isArray(memberships) && memberships.every(isMembership);
  if (!usable) throw new Error('the standing of a bearer has another form');
  return { memberships, operatorRoles, ...(consentDueAt === undefined ? {} : { consentDueAt: new Date(consentDueAt) }) } as TokenStanding;
}

function isList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isAccess({ grantId, tenantId, capabilities, expiresAt, reason }: Partial<TenantAccess>): boolean {
  return [grantId, tenantId, reason].every((text) => typeof text === 'string') && isList(capabilities) && !Number.isNaN(Date.parse(expiresAt ?? ''));
}

function isMembership({ tenantId, roles, capabilities = [], credentials = [] }: Partial<TokenStanding['memberships'][number]>): boolean {
  const isCredential = ({ kind, expiresAt }: { kind?: unknown; expiresAt?: string }) => typeof kind === 'string' && !Number.isNaN(Date.parse(expiresAt ?? ''));
  return typeof tenantId === 'string' && isList(roles) && isList(capabilities) && Array.isArray(credentials) && credentials.every(isCredential);
}
