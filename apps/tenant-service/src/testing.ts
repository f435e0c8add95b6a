import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { urlVariableOf } from '@plinth/contracts';
import { FlagOverrides } from '@plinth/flags';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { bootService, MailFolder, randomSeed, serviceTestEnvironment, type TestCall, type TestDatabase, type TestGateway } from '@plinth/testing';
import { TenantServiceConfig } from './config.js';
import { createApp } from './create-app.js';
import { ErasureReconciliation } from './erasure/erasure-reconciliation.js';
import { MailSeal } from './mail/mail-seal.js';
import { MailWorker } from './mail/mail-worker.js';
import { migrations, schema } from './migrations/index.js';

export const currentConsents = [
  { document: 'terms', version: '2026-11' },
  { document: 'privacy', version: '2026-11' },
];

export const issuer = 'http://gateway.test';
export const productUrl = 'https://product.test';

/** A new folder for mail, gone with the tests' temporary files. */
export const mailFolder = () => mkdtempSync(join(tmpdir(), 'plinth-mail-'));

/** What of its configuration every instance under test has of its own kind. */
export function ownTestConfig(mailTo: string) {
  return {
    ...{ cursorSecrets: [randomBytes(32)], cookieSecrets: [randomBytes(32)], subjectKeySecrets: [randomBytes(32)], operatorSecondFactor: 'optional' as const, apiKeyEnvironment: 'test', requireEmailVerification: false, tokenKeys: [randomSeed()], issuer },
    // A group of its own: a stack on the same brokers has the real one.
    consumerGroup: `tenant-service-${newId()}`,
    flagOverrides: FlagOverrides.none,
    // Nobody listens there: what asks other services has a server of its own.
    ...{ auditServiceUrl: 'http://127.0.0.1:9', aiGatewayUrl: 'http://127.0.0.1:9' },
    ...{ smtpUrl: mailTo, mailFrom: 'Plinth <no-reply@plinth.example>', productUrl },
    ...{ privacyController: 'Example <Ltd>, 1 Main Street', privacyContact: 'privacy@plinth.example' },
  };
}

/** What the service is told in a process of its own; all with this are replicas of each other. */
export function processEnvironment(database: TestDatabase, gateway: TestGateway): Record<string, string> {
  return {
    ...serviceTestEnvironment(database, gateway, schema, randomBytes(32)),
    CURSOR_SECRET: randomBytes(32).toString('base64url'),
    COOKIE_SECRET: randomBytes(32).toString('base64url'),
    TOKEN_SIGNING_KEYS: randomSeed(),
    PLINTH_ISSUER: issuer,
    [urlVariableOf('audit-service')]: 'http://127.0.0.1:9',
    [urlVariableOf('ai-gateway')]: 'http://127.0.0.1:9',
    SUBJECT_KEY_ENCRYPTION_KEY: randomBytes(32).toString('base64url'),
    OPERATOR_SECOND_FACTOR: 'optional',
    REQUIRE_EMAIL_VERIFICATION: 'false',
    SMTP_URL: pathToFileURL(mailFolder()).href,
    PRODUCT_URL: productUrl,
  };
}

/** What differs from one test of the service to another. */
export interface TenantServiceUnderTest {
  readonly requireEmailVerification?: boolean;
  readonly operatorSecondFactor?: 'required' | 'optional';
  /** Whether mail is sent; without it, it stays in its table. */
  readonly sendsMail?: boolean;
  /** By default a folder, which `mail` reads. */
  readonly smtpUrl?: string;
  /** By default nobody listens there. */
  readonly auditServiceUrl?: string;
  /** By default nobody listens there. */
  readonly aiGatewayUrl?: string;
  /** By default there is no Kafka. */
  readonly brokers?: readonly string[];
  /** By flag key, as the environment has them. */
  readonly flagOverrides?: Readonly<Record<string, string>>;
}

/** The service on a database of its own, called as the gateway calls it. */
export async function bootTenantService({ requireEmailVerification = false, sendsMail = false, smtpUrl, auditServiceUrl, aiGatewayUrl, operatorSecondFactor = 'optional', brokers, flagOverrides = {} }: TenantServiceUnderTest = {}) {
  const folder = mailFolder();
  const service = await bootService({
    ...{ name: 'tenant-service', schema, migrations },
    createApp: (values, logger) =>
      createApp(
        new TenantServiceConfig({
          ...values,
          ...ownTestConfig(smtpUrl ?? pathToFileURL(folder).href),
          requireEmailVerification,
          ...(brokers === undefined ? {} : { kafkaBrokers: brokers }),
          ...(auditServiceUrl === undefined ? {} : { auditServiceUrl }),
          ...(aiGatewayUrl === undefined ? {} : { aiGatewayUrl }),
          operatorSecondFactor,
          flagOverrides: FlagOverrides.of(flagOverrides),
        }),
        logger,
      ),
  });

  // It tells the trail of each mail, whenever it comes to it: who counts what was told has it stopped.
  if (!sendsMail) await service.app.get(MailWorker, { strict: false }).stop();
  // It would ask an audit-service that is not there.
  await service.app.get(ErasureReconciliation, { strict: false }).stop();

  async function call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, options: TestCall = {}) {
    const answer = await service.call(method, path, options);
    return { ...answer, json: () => answer.json<Record<string, never>>() };
  }

  /** A new account with its tenant, and the owner as a principal. */
  async function register(email = `${newId()}@plinth.example`, key?: string) {
    const request = { email, password: 'correct horse battery', tenantName: 'Acme', consents: currentConsents };
    const answer = await call('POST', '/v1/auth/register', { body: request, ...(key === undefined ? {} : { key }) });
    const { user, tenant } = answer.json() as unknown as { user: { id: string }; tenant: { id: string; slug: string } };
    const owner: Principal = { type: 'user', id: user?.id ?? null, tenantId: tenant?.id ?? null, roles: ['owner'] };
    return { answer, request, user, tenant, owner };
  }

  /** The token of the newest mail, which goes to its address alone. */
  async function newestMailedToken(): Promise<string> {
    const [mail] = await service.database.query<{ id: string }>('SELECT id FROM tenancy.mail ORDER BY id DESC LIMIT 1');
    return service.app.get(MailSeal, { strict: false }).tokenOf(mail?.id ?? '');
  }

  /** A new account whom the inviter has asked into its tenant, and who came; as a principal there. */
  async function join(inviter: Principal, given: { readonly role: string; readonly roles?: readonly string[]; readonly customRoleIds?: readonly string[] }): Promise<Principal> {
    const { request, owner: person } = await register();
    const invited = await call('POST', `/v1/tenants/${inviter.tenantId}/invitations`, { as: inviter, body: { email: request.email, ...given } });
    if (invited.status !== 201) throw new Error(`the invitation was answered ${invited.status}: ${invited.text}`);
    const joined = await call('POST', '/v1/invitations/accept', { as: person, body: { token: await newestMailedToken() } });
    if (joined.status !== 200) throw new Error(`the acceptance was answered ${joined.status}: ${joined.text}`);
    return { ...person, tenantId: inviter.tenantId, roles: [given.role, ...(given.roles ?? [])] };
  }

  async function close(): Promise<void> {
    await service.close();
    rmSync(folder, { recursive: true });
  }

  return { ...service, call, register, newestMailedToken, join, close, mail: new MailFolder(folder) };
}
