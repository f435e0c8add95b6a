import { randomBytes, randomUUID } from 'node:crypto';
import { readJson, writeJson } from './files.ts';
import { UserError } from './output.ts';
import type { Home } from './paths.ts';
import type { DemoAccount } from './stack-file.ts';

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/**
 * The demo tenant: the one of the last start if it can still sign in, else a new one, made through the
 * gateway like anybody's. Its password is kept in the home alone.
 */
export async function seedDemo(home: Home, gatewayUrl: string): Promise<DemoAccount> {
  const known = readJson<DemoAccount>(home.demoFile);
  if (known !== undefined && (await canSignIn(gatewayUrl, known))) return known;
  // The name without a suffix may be taken in a database that outlived its home.
  for (const suffix of ['', `-${randomBytes(3).toString('hex')}`]) {
    const account = await register(gatewayUrl, `demo${suffix}@plinth.example`);
    if (account === undefined) continue;
    writeJson(home.demoFile, account);
    return account;
  }
  throw new UserError('the demo tenant could not be made: both of its addresses are taken');
}

async function canSignIn(gatewayUrl: string, account: DemoAccount): Promise<boolean> {
  const { status } = await call(gatewayUrl, 'POST', '/v1/auth/login', { email: account.email, password: account.password });
  return status === 200;
}

/** @returns undefined where the address is taken */
async function register(gatewayUrl: string, email: string): Promise<DemoAccount | undefined> {
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

async function call(gatewayUrl: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(gatewayUrl + path, {
    method,
    headers: { 'idempotency-key': randomUUID(), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
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
