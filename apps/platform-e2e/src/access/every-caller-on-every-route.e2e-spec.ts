import { platformRoles, tenantRoles, type Capability } from '@plinth/contracts';
import type { SignedIn } from '@plinth/dev-stack';
import { gatewayRoutes } from '../gateway-routes.js';
import { runningStack } from '../stack.js';
import { Callers, type Caller } from './callers.js';
import { accessMatrix, expectedRefusal, isOpen, type RouteAccess } from './access-matrix.js';
import { nameOf, RightfulCalls } from './rightful-calls.js';

/** One that no route asks for: a key that has it may do nothing. */
const idleScope: Capability = 'project.view';

describe('every route', () => {
  const stack = runningStack();
  const matrix = accessMatrix();
  /** Routes that end the session that calls them. */
  let leaving: ReadonlySet<string>;
  let calls: RightfulCalls;
  let callers: Callers;
  let owner: SignedIn;

  beforeAll(async () => {
    owner = await stack.newTenant('Under test');
    leaving = new Set((await gatewayRoutes()).filter(({ access }) => access === 'leaving').map(nameOf));
    calls = await RightfulCalls.for(stack, owner);
    callers = new Callers(stack, owner);
  }, 120_000);

  /** What is answered otherwise than the matrix says. @param refusal what comes before all that */
  async function faultsFor(caller: Caller, refusal: (method: string, access: RouteAccess) => number | null = () => null): Promise<string[]> {
    const faults: string[] = [];
    for (const [route, access] of matrix) {
      const call = await calls.of(route, caller);
      const foreign = call.ofTenant && caller.name.includes('another tenant');
      const expected = refusal(call.method, access) ?? expectedRefusal(access, caller) ?? (foreign ? 404 : call.status);
      const headers = await caller.headers(leaving.has(route));
      const { status, text } = await stack.gateway.call(call.method, call.path, { headers, ...(call.body === undefined ? {} : { body: call.body }) });
      if (status !== expected) faults.push(`${route} was answered ${status} in place of ${expected}: ${text}`);
    }
    return faults;
  }

  it('is in the API document, open in the gateway only where it is open there, and has its line in this test', async () => {
    expect(calls.gaps([...matrix.keys()])).toEqual([]);
    for (const route of await gatewayRoutes()) {
      const access = matrix.get(nameOf(route));
      expect([nameOf(route), typeof route.access === 'object']).toEqual([nameOf(route), access !== undefined && isOpen(access)]);
    }
  });

  it('is closed to whoever has no credential, but for those that say why not', async () => {
    expect(await faultsFor(callers.anonymous())).toEqual([]);
  });

  it.each(tenantRoles)('lets the role %s do what its capabilities are, and nothing else', async (role) => {
    expect(await faultsFor(await callers.member(role))).toEqual([]);
  }, 120_000);

  it('lets a browser do what its person may, with the session’s CSRF token', async () => {
    expect(await faultsFor(await callers.browser('the owner in a browser', (token) => ({ 'x-csrf-token': token })))).toEqual([]);
  }, 120_000);

  it.each([
    ['no CSRF token', () => ({})],
    ['a wrong CSRF token', (token: string) => ({ 'x-csrf-token': token.split('').reverse().join('') })],
    ['the CSRF token on a page of another site', (token: string) => ({ 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' })],
  ])('lets a browser with %s read, and change nothing', async (how, csrf: (token: string) => Record<string, string>) => {
    const unsafe = (method: string, access: RouteAccess) => (method !== 'GET' && !isOpen(access) ? 403 : null);
    expect(await faultsFor(await callers.browser(`a browser with ${how}`, csrf), unsafe)).toEqual([]);
  }, 120_000);

  it('lets a key do what its scopes are, one by one and all together', async () => {
    const closed = [...matrix.values()].filter((access) => !isOpen(access) && access.roles.includes('owner'));
    const scopes = new Set(closed.flatMap(({ keyScope }) => (keyScope === null ? [] : [keyScope])));
    expect(scopes.size).toBeGreaterThan(5);
    for (const scope of [...scopes, idleScope, '*']) expect([scope, await faultsFor(await callers.key([scope]))]).toEqual([scope, []]);
  }, 300_000);

  it.each(platformRoles)('lets an operator with %s do what its capabilities are, and nothing of a tenant', async (role) => {
    expect(await faultsFor(await callers.operator(role))).toEqual([]);
  }, 120_000);

  it("has nothing of a tenant for another tenant's owner: 404 for its ids, and all of it unchanged", async () => {
    const state = () => stack.query(
      `SELECT (SELECT to_jsonb(t) FROM tenancy.tenant t WHERE id = $1) AS tenant,
              (SELECT jsonb_agg(k ORDER BY id) FROM tenancy.api_key k WHERE tenant_id = $1 AND name <> 'to be revoked') AS keys,
              (SELECT count(*) FROM tenancy.api_key k WHERE tenant_id = $1 AND name = 'to be revoked' AND revoked_at IS NULL AND active AND rotated_to IS NULL) AS kept`,
      [owner.tenantId],
    );
    const before = await state();
    expect(await faultsFor(await callers.stranger())).toEqual([]);
    const [after] = await state();
    // Those that the stranger tried to read, change, revoke and rotate are there, and were not.
    expect([{ ...after, kept: Number(after?.['kept']) - 4 }]).toEqual([{ ...before[0], kept: Number(before[0]?.['kept']) }]);
  }, 120_000);
});
