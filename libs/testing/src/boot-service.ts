import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceName } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { DocumentedAnswers } from './documented-answers.js';
import { serviceTestConfig } from './service-config.js';
import { TestDatabase, type TestSchema } from './test-database.js';
import { TestGateway } from './test-gateway.js';

/** A service with the schema that it owns. */
export interface BootOptions extends TestSchema {
  readonly name: ServiceName;
  /** What the service's own `createApp` makes of its configuration. */
  readonly createApp: (values: ReturnType<typeof serviceTestConfig>, logger: Logger) => Promise<NestFastifyApplication>;
}

/** What a call brings along; without `as` it is anonymous. */
export interface TestCall {
  readonly as?: Principal;
  readonly body?: unknown;
  /** Made where absent on a write; null sends none. */
  readonly key?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A service in this process, on a database of its own and without Kafka, called as the gateway calls it. */
export async function bootService({ name, schema, migrations, createApp }: BootOptions) {
  const database = await TestDatabase.create([{ schema, migrations }]);
  const gateway = new TestGateway(name);
  const logLines: string[] = [];
  const logger = Logger.create({ service: name, level: 'info', format: 'json', destination: { write: (line) => void logLines.push(line) } });
  const app = await createApp(serviceTestConfig(database, gateway, schema), logger);
  const answers = DocumentedAnswers.of(app);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();

  return {
    app,
    database,
    logLines,

    /** The headers with which the gateway vouches for a principal. */
    identity: (method: string, path: string, as: Principal) => gateway.headersFor(method, path, as),

    async call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, { as, body, key, headers }: TestCall = {}) {
      const idempotencyKey = method === 'GET' || key === null ? {} : { 'idempotency-key': key ?? newId() };
      const content = body === undefined ? {} : { 'content-type': 'application/json' };
      const answer = await app.inject({
        method,
        url: path,
        headers: { ...(await gateway.headersFor(method, path, as)), ...idempotencyKey, ...content, ...headers },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      return { status: answer.statusCode, headers: answer.headers, text: answer.body, bytes: answer.rawPayload, json: <T = Record<string, unknown>>() => answer.json<T>() };
    },

    async close(): Promise<void> {
      await app.close();
      await database.drop();
      answers.assertAllDocumented();
    },
  };
}

/** A user of a tenant, with one of its roles. */
export function memberOf(tenantId: string, role = 'owner'): Principal {
  return { type: 'user', id: newId(), tenantId, roles: [role] };
}
