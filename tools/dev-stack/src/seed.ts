import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { readJson, writeJson } from './files.ts';
import { UserError } from './output.ts';
import type { Home } from './paths.ts';
import type { DemoAccount } from './stack-file.ts';

const availableWithinMs = 20_000;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** As it is before its key was made. */
type Account = Omit<DemoAccount, 'apiKey'> & Partial<DemoAccount>;

/**
 * The demo tenant with its API key: the one of the last start if it can still sign in, else a new one, made
 * through the gateway like anybody's. Password and key are kept in the home alone.
 */
export async function seedDemo(home: Home, gatewayUrl: string): Promise<DemoAccount> {
  const known = readJson<Account>(home.demoFile);
  const kept = known === undefined ? undefined : await withKey(home, gatewayUrl, known);
  if (kept !== undefined) return kept;
  // The name without a suffix may be taken in a database that outlived its home.
  for (const suffix of ['', `-${randomBytes(3).toString('hex')}`]) {
    const account = await register(gatewayUrl, `demo${suffix}@plinth.example`);
    if (account === undefined) continue;
    writeJson(home.demoFile, account);
    const made = await withKey(home, gatewayUrl, account);
    if (made !== undefined) return made;
  }
  throw new UserError('the demo tenant could not be made: both of its addresses are taken');
}

/** @returns the account with a key that works; undefined where it cannot sign in, or its tenant is suspended */
async function withKey(home: Home, gatewayUrl: string, account: Account): Promise<DemoAccount | undefined> {
  const token = await signIn(gatewayUrl, account);
  if (token === undefined) return undefined;
  const { apiKey } = account;
  if (apiKey !== undefined && (await keyWorks(gatewayUrl, apiKey))) return { ...account, apiKey };
  const body = { name: 'demo', scopes: ['*'] };
  const created = await call(gatewayUrl, 'POST', '/v1/api-keys', body, { authorization: `Bearer ${token}` });
  if (created.status === 403 && created.body['code'] === 'tenant_suspended') return undefined;
  const key = created.body['key'];
  if (created.status !== 201 || typeof key !== 'string') throw refused('POST /v1/api-keys', { ...created, body: { ...created.body, key: undefined } });
  const complete = { ...account, apiKey: key };
  writeJson(home.demoFile, complete);
  return complete;
}

/** @returns an access token; undefined where the account is refused */
async function signIn(gatewayUrl: string, account: Account): Promise<string | undefined> {
  const answer = await call(gatewayUrl, 'POST', '/v1/auth/login', { email: account.email, password: account.password });
  // Says nothing about the account; taken for a no, it would put another one in its place.
  if (answer.status >= 500) throw refused('POST /v1/auth/login', answer);
  const token = answer.body['accessToken'];
  return answer.status === 200 && typeof token === 'string' ? token : undefined;
}

async function keyWorks(gatewayUrl: string, key: string): Promise<boolean> {
  const answer = await call(gatewayUrl, 'GET', '/v1/api-keys?limit=1', undefined, { 'x-api-key': key });
  if (answer.status >= 500) throw refused('GET /v1/api-keys', answer);
  return answer.status === 200;
}

/** @returns undefined where the address is taken */
async function register(gatewayUrl: string, email: string): Promise<Account | undefined> {
  const policies = await call(gatewayUrl, 'GET', '/v1/policies');
  if (policies.status !== 200) throw refused('GET /v1/policies', policies);
  const documents = policies.body['data'] as { document: string; version: string | number; required: boolean }[];
  const consents = documents.filter((entry) => entry.required).map(({ document, version }) => ({ document, version }));
  const password = `demo-${randomBytes(12).toString('base64url')}`;
  const created = await call(gatewayUrl, 'POST', '/v1/auth/register', { email, password, tenantName: 'Demo', consents });
  if (created.status === 409) return undefined;
  const tenant = created.body['tenant'] as { id: string } | undefined;
  if (created.status !== 201 || tenant === undefined) throw refused('POST /v1/auth/register', created);
  return { tenantId: tenant.id, email, password };
}

/** Tries again where a service is away: under load the gateway's breaker stays open for a moment after it is back. */
async function call(gatewayUrl: string, method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const key = randomUUID();
  const deadline = performance.now() + availableWithinMs;
  for (;;) {
    const answer = await callOnce(gatewayUrl, method, path, { 'idempotency-key': key, ...headers }, body);
    if (![502, 503, 504].includes(answer.status) || performance.now() > deadline) return answer;
    await pause(250);
  }
}

async function callOnce(gatewayUrl: string, method: string, path: string, headers: Readonly<Record<string, string>>, body: unknown): Promise<Answer> {
  const response = await fetch(gatewayUrl + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    signal: AbortSignal.timeout(10_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as Record<string, unknown> };
  } catch {
    return { status: response.status, body: { detail: text.slice(0, 200) } };
  }
}

function refused(what: string, answer: Answer): UserError {
  return new UserError(`the demo tenant could not be made: ${what} answered ${answer.status} ${JSON.stringify(answer.body)}`);
}
