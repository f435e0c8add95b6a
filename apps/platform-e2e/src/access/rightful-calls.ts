import type { SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import { pathOf, type PublicRoute } from '../gateway-routes.js';
import type { runningStack } from '../stack.js';
import type { Caller } from './callers.js';

type Stack = ReturnType<typeof runningStack>;

/** A call that succeeds, or finds nothing, for whoever is let in. */
export interface RightfulCall {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  readonly status: number;
  /** Whether the path names a resource of the tenant under test, which does not exist for others. */
  readonly ofTenant: boolean;
}

interface Recipe {
  readonly status: number | ((caller: Caller) => number);
  readonly params?: Readonly<Record<string, string>> | ((caller: Caller) => Promise<Readonly<Record<string, string>>>);
  readonly body?: object | ((caller: Caller) => object | Promise<object>);
  readonly ofTenant?: boolean;
}

/**
 * How each route is called by somebody who may. A route that is not here has no test: whoever adds one to the gateway's
 * table adds its line.
 */
export class RightfulCalls {
  private readonly recipes: Readonly<Record<string, Recipe>>;

  private constructor(stack: Stack, owner: SignedIn, victimId: string, entryId: string, consents: readonly object[]) {
    const tenant = { params: { id: owner.tenantId }, ofTenant: true };
    const victim = { params: { id: victimId } };
    const member = { params: { id: owner.tenantId, accountId: owner.userId }, ofTenant: true };
    const nobody = { params: { id: owner.tenantId, accountId: newId() }, ofTenant: true };
    const noRole = { params: { id: owner.tenantId, roleId: newId() }, ofTenant: true };
    const noCredential = { params: { id: owner.tenantId, accountId: owner.userId, credentialId: newId() }, ofTenant: true };
    const noAccess = { params: { id: owner.tenantId, accessId: newId() }, ofTenant: true };
    const personsOnly = (status: number) => ({ kind }: Caller) => (kind === 'api_key' ? 403 : status);
    const nothing = { params: { name: 'purge_published_and_expired', id: newId() } };
    const passwordOfKeys = ({ kind }: Caller) => (kind === 'api_key' ? { password: 'x' } : {});
    const noFlag = { params: { key: 'no-such-flag' } };
    const forSomebody = { context: { targetingKey: 'somebody' } };
    // With what the caller has, for of a key that is rotated nothing else is left.
    const someKey = async ({ scopes = ['tenant.read'] }: Caller) => {
      const { body } = await stack.gateway.call<{ id: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'to be revoked', scopes } });
      return { id: body.id };
    };
    const someTenant = async () => ({ id: (await stack.newTenant('To be given up')).tenantId });
    const someSuspendedTenant = async () => {
      const { id } = await someTenant();
      await stack.query(`UPDATE tenancy.tenant SET status = 'suspended' WHERE id = $1`, [id]);
      return { id };
    };
    const someRefreshToken = async () => {
      const { body } = await stack.gateway.call<{ refreshToken: string }>('POST', '/v1/auth/login', { body: { email: owner.email, password: owner.password } });
      return { refreshToken: body.refreshToken };
    };
    this.recipes = {
      'POST /v1/auth/register': { status: 201, body: () => ({ email: `${newId()}@plinth.example`, password: 'correct horse battery', tenantName: 'Anyone’s', consents }) },
      'POST /v1/auth/login': { status: 200, body: { email: owner.email, password: owner.password } },
      'POST /v1/auth/refresh': { status: 200, body: someRefreshToken },
      // Nobody's token: who is let in is told that it is not good.
      'POST /v1/auth/email/verify': { status: 422, body: { token: 'x'.repeat(43) } },
      'POST /v1/auth/email/resend': { status: 204, body: () => ({ email: `${newId()}@plinth.example` }) },
      'POST /v1/auth/email/change': { status: 422, body: {} },
      'POST /v1/auth/email/change/confirm': { status: 422, body: { token: 'x'.repeat(43) } },
      'POST /v1/auth/password/forgot': { status: 204, body: () => ({ email: `${newId()}@plinth.example` }) },
      'POST /v1/auth/password/reset': { status: 422, body: { token: 'x'.repeat(43), password: 'correct horse battery' } },
      // Refused before the current one is looked at: a wrong one would count.
      'POST /v1/auth/password/change': { status: 422, body: { currentPassword: 'not this one', newPassword: 'password' } },
      'GET /v1/auth/second-factor': { status: 200 },
      // Without the password, which is not tried here: a wrong one would count.
      'POST /v1/auth/second-factor': { status: 422, body: {} },
      'POST /v1/auth/second-factor/confirm': { status: 404, body: { code: '000000' } },
      'POST /v1/auth/second-factor/recovery-codes': { status: 422, body: {} },
      'POST /v1/auth/second-factor/disable': { status: 422, body: {} },
      // Without the password: nobody is to be erased here.
      'POST /v1/auth/erasure': { status: 422, body: {} },
      'GET /v1/auth/erasure/{receipt}': { status: 404, params: { receipt: 'x'.repeat(43) } },
      'POST /v1/auth/logout': { status: 204 },
      'GET /v1/auth/me': { status: 200 },
      'GET /v1/auth/csrf': { status: 200 },
      'GET /v1/auth/consents': { status: 200 },
      'POST /v1/auth/consents': { status: 422, body: { document: 'terms', version: 'none' } },
      'POST /v1/auth/consents/{document}/withdraw': { status: 404, params: { document: 'none' } },
      'GET /v1/auth/exports': { status: 200 },
      'POST /v1/auth/exports': { status: 422, body: {} },
      'GET /v1/auth/exports/{id}': { status: 404, ...nothing },
      'GET /v1/auth/exports/{id}/archive': { status: 404, ...nothing },
      'GET /v1/auth/sessions': { status: 200 },
      'DELETE /v1/auth/sessions/{id}': { status: 404, ...nothing },
      'GET /health': { status: 200 },
      'GET /health/live': { status: 200 },
      'GET /health/ready': { status: 200 },
      'GET /v1/openapi.json': { status: 200 },
      'GET /v1/policies': { status: 200 },
      'GET /v1/policies/{document}/versions': { status: 200, params: { document: 'terms' } },
      'GET /v1/policies/{document}/versions/{version}': { status: 200, params: { document: 'terms', version: '2026-11' } },
      'GET /v1/policy-texts/{sha256}': { status: 404, params: { sha256: 'none' } },
      'GET /terms': { status: 200 },
      'GET /policies/{document}': { status: 200, params: { document: 'privacy' } },
      'GET /policies/{document}/{version}': { status: 200, params: { document: 'terms', version: '2026-11' } },
      // What the service makes itself nobody publishes: a new document would be everybody's.
      'POST /v1/admin/policies': { status: 409, body: { document: 'privacy', version: 'x', title: 'x', text: 'x', required: false } },
      'GET /v1/privacy-notice': { status: 200 },
      'GET /privacy': { status: 200 },
      'GET /.well-known/jwks.json': { status: 200 },
      'GET /v1/tenants': { status: 200 },
      // Operators belong to no tenant, and make none.
      'POST /v1/tenants': { status: ({ kind }) => (kind === 'operator' ? 403 : 201), body: { name: 'Another one' } },
      'GET /v1/tenants/{id}': { status: 200, ...tenant },
      'PATCH /v1/tenants/{id}': { status: 200, ...tenant, body: (caller) => ({ name: `Named by ${caller.name}` }) },
      'GET /v1/tenants/{id}/billing': { status: 200, ...tenant },
      'PUT /v1/tenants/{id}/billing': { status: 200, ...tenant, body: { company: 'Named by its owner' } },
      'POST /v1/tenants/{id}/activate': { status: 409, ...victim, body: { reason: 'to see who may' } },
      // Nobody gives up the tenant under test: a member is shown the way to none, an operator to one made for it.
      'POST /v1/tenants/{id}/deactivate': { status: ({ kind }) => (kind === 'operator' ? 200 : 404), params: ({ kind }) => (kind === 'operator' ? someTenant() : Promise.resolve(nothing.params)) },
      'GET /v1/admin/tenants/{id}/access': { status: 200, ...victim },
      'POST /v1/admin/tenants/{id}/access': { status: 201, params: someTenant, body: { reason: 'to see who may' } },
      'GET /v1/admin/access/{accessId}': { status: 404, ...noAccess },
      'DELETE /v1/admin/access/{accessId}': { status: 404, ...noAccess },
      'GET /v1/tenants/{id}/operator-access': { status: 200, ...tenant },
      'POST /v1/tenants/{id}/operator-access/{accessId}/approve': { status: personsOnly(404), ...noAccess },
      'POST /v1/tenants/{id}/operator-access/{accessId}/refuse': { status: personsOnly(404), ...noAccess },
      'POST /v1/tenants/{id}/operator-access/{accessId}/end': { status: personsOnly(404), ...noAccess },
      'PUT /v1/admin/tenants/{id}/tier': { status: 200, ...victim, body: { tier: 'basic' } },
      'POST /v1/tenants/{id}/suspend': { status: 200, params: ({ kind }) => (kind === 'operator' ? someTenant() : Promise.resolve(victim.params)), body: { reason: 'to see who may' } },
      'POST /v1/tenants/{id}/restore': { status: 200, params: ({ kind }) => (kind === 'operator' ? someSuspendedTenant() : Promise.resolve(victim.params)) },
      'GET /v1/tenants/{id}/members': { status: 200, ...tenant },
      'GET /v1/tenants/{id}/members/{accountId}': { status: 200, ...member },
      'PATCH /v1/tenants/{id}/members/{accountId}': { status: 200, ...member, body: {} },
      // Who does not exist; to be removed is somebody else's test.
      'DELETE /v1/tenants/{id}/members/{accountId}': { status: 404, ...nobody },
      'GET /v1/tenants/{id}/credentials': { status: 200, ...tenant },
      'GET /v1/tenants/{id}/members/{accountId}/credentials': { status: 200, ...member },
      'GET /v1/tenants/{id}/members/{accountId}/credentials/{credentialId}': { status: 404, ...noCredential },
      'POST /v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/verify': { status: personsOnly(404), ...noCredential },
      'POST /v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/reject': { status: personsOnly(404), ...noCredential, body: { reason: 'to see who may' } },
      'POST /v1/tenants/{id}/members/{accountId}/credentials/{credentialId}/withdraw': { status: personsOnly(404), ...noCredential, body: { reason: 'to see who may' } },
      'GET /v1/tenants/{id}/own-credentials': { status: personsOnly(200), ...tenant },
      // Over already: nothing is left behind, whoever asks.
      'POST /v1/tenants/{id}/own-credentials': { status: ({ kind }) => (kind === 'api_key' ? 403 : 422), ...tenant, body: { kind: 'professional_engineer_licence', number: 'PE 1', issuer: 'Board', issuedOn: '2020-01-01', expiresOn: '2020-01-02' } },
      'GET /v1/tenants/{id}/own-credentials/{credentialId}': { status: personsOnly(404), ...noCredential },
      'POST /v1/tenants/{id}/own-credentials/{credentialId}/withdraw': { status: personsOnly(404), ...noCredential },
      // The last owner stays, and a key does not leave; whoever else may leaves only for whoever asks, so a tenant that is not theirs is named.
      'POST /v1/tenants/{id}/leave': { status: 404, ...nothing },
      'POST /v1/tenants/{id}/transfer-ownership': { status: ({ kind }) => (kind === 'api_key' ? 403 : 404), ...tenant, body: { accountId: newId() } },
      'GET /v1/tenants/{id}/roles': { status: 200, ...tenant },
      'POST /v1/tenants/{id}/roles': { status: ({ scopes }) => (scopes === undefined || scopes.includes('*') || scopes.includes('role.read') ? 201 : 403), ...tenant, body: () => ({ name: `Role ${newId()}`, capabilities: ['role.read'] }) },
      'GET /v1/tenants/{id}/roles/{roleId}': { status: 404, ...noRole },
      'PATCH /v1/tenants/{id}/roles/{roleId}': { status: 404, ...noRole, body: {} },
      'DELETE /v1/tenants/{id}/roles/{roleId}': { status: 404, ...noRole },
      'GET /v1/tenants/{id}/invitations': { status: 200, ...tenant },
      'POST /v1/tenants/{id}/invitations': { status: ({ scopes }) => (scopes === undefined || scopes.includes('*') ? 201 : 403), ...tenant, body: () => ({ email: `${newId()}@plinth.example`, role: 'viewer' }) },
      'DELETE /v1/tenants/{id}/invitations/{invitationId}': { status: 404, params: { id: owner.tenantId, invitationId: newId() }, ofTenant: true },
      'GET /v1/tenants/{id}/exports': { status: 200, ...tenant },
      'POST /v1/tenants/{id}/exports': { status: ({ kind }) => (kind === 'api_key' ? 403 : 422), ...tenant, body: passwordOfKeys },
      'GET /v1/tenants/{id}/exports/{exportId}': { status: 404, params: { id: owner.tenantId, exportId: newId() }, ofTenant: true },
      'GET /v1/tenants/{id}/exports/{exportId}/archive': { status: ({ kind }) => (kind === 'api_key' ? 403 : 404), params: { id: owner.tenantId, exportId: newId() }, ofTenant: true },
      'GET /v1/tenants/{id}/legal-holds': { status: 200, ...tenant },
      // On nobody: a hold on the tenant under test would stay.
      'POST /v1/tenants/{id}/legal-holds': { status: 404, ...nobody, body: () => ({ accountId: newId(), reason: 'to see who may' }) },
      'POST /v1/tenants/{id}/legal-holds/{holdId}/release': { status: 404, params: { id: owner.tenantId, holdId: newId() }, ofTenant: true, body: { reason: 'to see who may' } },
      'GET /v1/tenants/{id}/retention': { status: 200, ...tenant },
      'PUT /v1/tenants/{id}/retention/{dataClass}': { status: 200, params: { id: owner.tenantId, dataClass: 'ended_invitations' }, ofTenant: true, body: { days: null } },
      'GET /v1/tenants/{id}/retention/preview': { status: 200, ...tenant },
      'GET /v1/admin/retention/preview': { status: 200 },
      'GET /v1/admin/legal-holds': { status: 200 },
      'POST /v1/admin/legal-holds': { status: 422, body: { reason: 'to see who may' } },
      'POST /v1/admin/legal-holds/{holdId}/release': { status: 404, params: { holdId: newId() }, body: { reason: 'to see who may' } },
      // Nobody's token; an operator is no person of a tenant.
      'POST /v1/invitations/accept': { status: ({ kind }) => (kind === 'operator' ? 403 : 404), body: { token: 'x'.repeat(43) } },
      'PUT /v1/admin/tenants/{id}/members/{accountId}/internal-roles': { status: 404, params: { id: victimId, accountId: newId() }, body: { roles: [] } },
      'GET /v1/tenants/{id}/quotas': { status: 200, ...tenant },
      'GET /v1/tenants/{id}/quotas/changes': { status: 200, ...tenant },
      'PUT /v1/tenants/{id}/quotas/{metric}': { status: 200, params: { id: victimId, metric: 'analyses' }, body: { limit: 5, reason: 'to see who may' } },
      'POST /v1/tenants/{id}/quotas/reset': { status: 200, ...victim, body: { reason: 'to see who may' } },
      'GET /v1/tenants/{id}/usage': { status: 200, ...tenant },
      'GET /v1/tenants/{id}/analytics': { status: 200, ...tenant },
      'GET /v1/admin/analytics': { status: 200 },
      'GET /v1/usage/me': { status: 200 },
      'POST /v1/admin/accounts/{accountId}/second-factor/reset': { status: 404, params: { accountId: newId() }, body: { reason: 'to see who may' } },
      'GET /v1/api-keys': { status: 200 },
      // A key can give on what it has itself, and no more.
      'POST /v1/api-keys': { status: 201, body: ({ scopes }) => ({ name: 'made to see who may', scopes: scopes ?? ['tenant.read'] }) },
      // Refused for its reason: it would end the callers that are keys.
      'POST /v1/api-keys/revoke-all': { status: 422, body: { reason: '' } },
      'GET /v1/api-keys/{id}': { status: 200, params: someKey, ofTenant: true },
      'PATCH /v1/api-keys/{id}': { status: 200, params: someKey, ofTenant: true, body: { active: false } },
      'DELETE /v1/api-keys/{id}': { status: 204, params: someKey, ofTenant: true },
      'POST /v1/api-keys/{id}/rotate': { status: 201, params: someKey, ofTenant: true, body: { overlapSeconds: 0 } },
      'GET /v1/feature-flags': { status: 200 },
      'POST /v1/feature-flags': { status: 201, body: () => ({ key: `made-${newId()}`, type: 'boolean' }) },
      'GET /v1/feature-flags/{key}': { status: 404, ...noFlag },
      'PATCH /v1/feature-flags/{key}': { status: 404, ...noFlag, body: { description: 'to see who may' } },
      'DELETE /v1/feature-flags/{key}': { status: 404, ...noFlag },
      'POST /v1/feature-flags/{key}/disable': { status: 404, ...noFlag },
      'POST /v1/feature-flags/{key}/enable': { status: 404, ...noFlag },
      'GET /v1/feature-flags/{key}/changes': { status: 200, ...noFlag },
      'POST /ofrep/v1/evaluate/flags': { status: 200, body: forSomebody },
      'POST /ofrep/v1/evaluate/flags/{key}': { status: 404, ...noFlag, body: forSomebody },
      'GET /v1/audit/entries': { status: 200 },
      'GET /v1/audit/entries/{id}': { status: 200, params: { id: entryId }, ofTenant: true },
      'POST /v1/audit/verify': { status: 200 },
      'POST /v1/chat/completions': { status: 200, body: { model: 'demo', messages: [{ role: 'user', content: 'May I?' }] } },
      'GET /v1/models': { status: 200 },
      'GET /v1/admin/outbox': { status: 200 },
      'GET /v1/admin/outbox/events': { status: 200 },
      'GET /v1/admin/outbox/{source}/events/{id}': { status: 404, ...nothing },
      'POST /v1/admin/outbox/{source}/events/{id}/rearm': { status: 404, ...nothing, body: { reason: 'to see who may' } },
      'POST /v1/admin/outbox/{source}/events/{id}/skip': { status: 404, ...nothing, body: { reason: 'to see who may' } },
      'GET /v1/admin/conservation': { status: 200 },
      'GET /v1/admin/conservation/unbalanced': { status: 200 },
      'GET /v1/admin/dead-letters': { status: 200 },
      'GET /v1/admin/dead-letters/groups': { status: 200 },
      'GET /v1/admin/dead-letters/archive': { status: 200 },
      'POST /v1/admin/dead-letters/redrive': { status: 202, body: { all: true, dryRun: true } },
      'GET /v1/admin/dead-letters/redrives': { status: 200 },
      'GET /v1/admin/dead-letters/redrives/{id}': { status: 404, ...nothing },
      'POST /v1/admin/dead-letters/redrives/{id}/stop': { status: 404, ...nothing },
      'GET /v1/admin/dead-letters/{id}': { status: 404, ...nothing },
      'POST /v1/admin/dead-letters/{id}/redrive': { status: 404, ...nothing },
      'POST /v1/admin/dead-letters/{id}/discard': { status: 404, ...nothing, body: { reason: 'to see who may' } },
      'GET /v1/admin/jobs': { status: 200 },
      'GET /v1/admin/jobs/{name}/runs': { status: 200, ...nothing },
      'GET /v1/admin/jobs/{name}/runs/{id}': { status: 404, ...nothing },
      'POST /v1/admin/jobs/{name}/run': { status: 202, ...nothing },
    };
  }

  static async for(stack: Stack, owner: SignedIn): Promise<RightfulCalls> {
    const victim = await stack.newTenant('A victim’s');
    const consents = await stack.gateway.requiredConsents();
    const entryId = await eventually(async () => {
      const [entry] = await stack.auditEntries(owner);
      if (entry === undefined) throw new Error('the trail has no entry yet');
      return entry.id;
    }, { withinMs: 30_000 });
    return new RightfulCalls(stack, owner, victim.tenantId, entryId, consents);
  }

  /** The routes that have no recipe, and the recipes that have no route. @param routes by their names */
  gaps(routes: readonly string[]): string[] {
    return [...new Set(Object.keys(this.recipes)).symmetricDifference(new Set(routes))];
  }

  /** @param route its name, `GET /v1/tenants/{id}` */
  async of(route: string, caller: Caller): Promise<RightfulCall> {
    const recipe = this.recipes[route];
    if (recipe === undefined) throw new Error(`${route} has no recipe`);
    const [method = '', path = ''] = route.split(' ');
    const params = typeof recipe.params === 'function' ? await recipe.params(caller) : (recipe.params ?? {});
    const body = typeof recipe.body === 'function' ? await (recipe.body as (caller: Caller) => object | Promise<object>)(caller) : recipe.body;
    return { method, path: pathOf({ path }, (name) => params[name] ?? name), status: typeof recipe.status === 'function' ? recipe.status(caller) : recipe.status, ofTenant: recipe.ofTenant ?? false, ...(body === undefined ? {} : { body }) };
  }
}

export function nameOf({ method, path }: Pick<PublicRoute, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
