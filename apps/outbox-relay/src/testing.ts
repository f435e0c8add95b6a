import { randomBytes } from 'node:crypto';
import { consumerServices, services } from '@plinth/contracts';
import { inboxMigrations } from '@plinth/kafka';
import { uniqueName } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { outboxMigrations } from '@plinth/outbox';
import type { TestGateway} from '@plinth/testing';
import { DocumentedAnswers, TestDatabase, testKafkaBrokers, type TestSchema } from '@plinth/testing';
import type { Principal } from '@plinth/http';
import { OutboxRelayConfig } from './config.js';
import { createApp } from './create-app.js';
import { migrations, schema } from './migrations/index.js';

/** A database with every service's outbox, the inboxes of consumer groups and the relay's own tables. */
export async function createRelayDatabase(further: readonly TestSchema[] = []): Promise<TestDatabase> {
  const consuming = new Set<string>(Object.values(consumerServices));
  const outboxes = services.map((service) => ({
    schema: service.schema,
    migrations: service.schema === schema ? migrations : [...outboxMigrations(service.schema), ...(consuming.has(service.name) ? inboxMigrations(service.schema) : [])],
  }));
  return await TestDatabase.create([...outboxes, ...further]);
}

/** A configuration for that database; a group of its own, for a stack on the same brokers has the real one. */
export function relayConfig(database: TestDatabase, gateway: TestGateway, changes: Partial<ConstructorParameters<typeof OutboxRelayConfig>[0]> = {}): OutboxRelayConfig {
  return new OutboxRelayConfig({
    ...{ host: '127.0.0.1', port: 0, logLevel: 'info', logFormat: 'json', databasePoolSize: 5 },
    appDatabaseUrl: database.appUrl(schema),
    systemDatabaseUrl: database.systemUrl(schema),
    drainDelayMs: 0,
    otlpEndpoint: '',
    kafkaBrokers: testKafkaBrokers(),
    internalHmacSecrets: gateway.internalHmacSecrets,
    internalKeys: gateway.internalKeys,
    idempotencySecrets: [randomBytes(32)],
    cursorSecrets: [randomBytes(32)],
    consumerGroup: uniqueName('outbox-relay'),
    ...changes,
  });
}

export interface RelayAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Record<string, unknown>;
}

/** The relay, called as the gateway calls it. @param redriveGroups the consumer groups that letters can be sent to again */
export async function bootRelay(config: OutboxRelayConfig, gateway: TestGateway, redriveGroups: readonly string[]) {
  const log: string[] = [];
  const destination = { write: (line: string) => void log.push((JSON.parse(line) as { msg: string }).msg) };
  const app = await createApp(config, Logger.create({ service: 'outbox-relay', level: 'info', format: 'json', destination }), redriveGroups);
  const answers = DocumentedAnswers.of(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  async function call(method: 'GET' | 'POST', path: string, as?: Principal, headers: Record<string, string> = {}, body?: object): Promise<RelayAnswer> {
    const answer = await app.inject({ method, url: path, headers: { ...(await gateway.headersFor(method, path, as)), ...headers }, ...(body === undefined ? {} : { payload: body }) });
    return { status: answer.statusCode, headers: answer.headers, body: answer.json<Record<string, unknown>>() };
  }
  let closed: Promise<void> | undefined;
  return { app, log, call, close: () => (closed ??= app.close().then(() => answers.assertAllDocumented())) };
}

export type RelayUnderTest = Awaited<ReturnType<typeof bootRelay>>;

export function operator(role: 'PLATFORM_ADMIN' | 'PLATFORM_VIEWER' = 'PLATFORM_ADMIN'): Principal {
  return { type: 'operator', id: newId(), tenantId: null, roles: [role] };
}
