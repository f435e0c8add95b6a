import { randomBytes } from 'node:crypto';
import { Logger } from '@plinth/logging';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { DocumentedAnswers, randomSeed, serviceTestConfig, TestDatabase, TestGateway } from '@plinth/testing';
import { TenantServiceConfig } from './config.js';
import { createApp } from './create-app.js';
import { migrations, schema } from './migrations/index.js';

interface Call {
  readonly body?: unknown;
  readonly as?: Principal;
  /** Made where absent; null sends none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export const currentConsents = [
  { document: 'terms', version: '2026-11' },
  { document: 'privacy', version: '2026-11' },
];

export const issuer = 'http://gateway.test';

/** The service on a database of its own, called as the gateway calls it. */
export async function bootTenantService() {
  const database = await TestDatabase.create([{ schema, migrations }]);
  const gateway = new TestGateway('tenant-service');
  const logLines: string[] = [];
  const config = new TenantServiceConfig({
    ...serviceTestConfig(database, gateway, schema),
    cursorSecrets: [randomBytes(32)],
    apiKeyEnvironment: 'test',
    requireEmailVerification: false,
    tokenKeys: [randomSeed()],
    issuer,
  });
  const logger = Logger.create({ service: 'tenant-service', level: 'info', format: 'json', destination: { write: (line) => void logLines.push(line) } });
  const app = await createApp(config, logger);
  const answers = DocumentedAnswers.of(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();

  async function call(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, { body, as, key, headers }: Call = {}) {
    const idempotencyKey = method === 'GET' || key === null ? {} : { 'idempotency-key': key ?? newId() };
    const answer = await app.inject({
      method,
      url: path,
      headers: { ...(await gateway.headersFor(method, path, as)), ...idempotencyKey, ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json<Record<string, never>>() };
  }

  /** A new account with its tenant, and the owner as a principal. */
  async function register(email = `${newId()}@plinth.example`, key?: string) {
    const request = { email, password: 'correct horse battery', tenantName: 'Acme', consents: currentConsents };
    const answer = await call('POST', '/v1/auth/register', { body: request, ...(key === undefined ? {} : { key }) });
    const { user, tenant } = answer.json() as unknown as { user: { id: string }; tenant: { id: string; slug: string } };
    const owner: Principal = { type: 'user', id: user?.id ?? null, tenantId: tenant?.id ?? null, roles: ['owner'] };
    return { answer, request, user, tenant, owner };
  }

  return {
    app,
    database,
    call,
    register,
    /** The headers with which the gateway vouches for a principal. */
    identity: (method: string, path: string, as: Principal) => gateway.headersFor(method, path, as),
    logLines,
    async close() {
      await app.close();
      await database.drop();
      answers.assertAllDocumented();
    },
  };
}
