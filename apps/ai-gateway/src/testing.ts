import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { startSimulator } from '@plinth/provider-simulator';
import { answerLedgerCall, FakeLedger } from '@plinth/quotas/testing';
import { DocumentedAnswers, serviceTestConfig, TestDatabase, TestGateway } from '@plinth/testing';
import OpenAI from 'openai';
import { AiGatewayConfig } from './config.js';
import { createApp } from './create-app.js';
import { migrations, schema } from './migrations/index.js';

interface BootOptions {
  readonly firstByteTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly maxRetryWaitMs?: number;
  /** Where the provider is, instead of a simulator of its own. */
  readonly baseUrl?: string;
  /** The ledger of quotas, where several services share one. */
  readonly ledger?: FakeLedger;
  /** The key that the provider is told, instead of the one that it takes. */
  readonly providerKey?: string;
}

export interface UsageRow {
  readonly model: string;
  readonly provider_model: string;
  readonly streamed: boolean;
  readonly prompt_tokens: string;
  readonly completion_tokens: string;
  readonly estimated: boolean;
  readonly ending: string;
  readonly error_code: string | null;
}

/** A tenant-service that has the ledger, and nothing else. */
export async function startLedger(ledger = new FakeLedger()) {
  const server = createServer((request, response) => {
    if (!answerLedgerCall(ledger, request, response)) response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ledger,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The service on a database and a provider of its own, called as the gateway calls it. */
export async function bootAiGateway(options: BootOptions = {}) {
  const database = await TestDatabase.create([{ schema, migrations }]);
  const simulator = await startSimulator({ apiKey: 'sk-secret-provider-key', slowMs: 30_000 });
  const tenants = await startLedger(options.ledger);
  const gateway = new TestGateway('ai-gateway');
  const logLines: string[] = [];
  const config = new AiGatewayConfig({
    ...serviceTestConfig(database, gateway, schema),
    tenantServiceUrl: tenants.url,
    openaiBaseUrl: options.baseUrl ?? simulator.baseUrl,
    openaiApiKey: options.providerKey ?? simulator.apiKey,
    models: ['fast=sim-chat'],
    firstByteTimeoutMs: options.firstByteTimeoutMs ?? 5_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 5_000,
    maxRetryWaitMs: options.maxRetryWaitMs ?? 1_000,
    usualCompletionTokens: 400,
    maxCompletionTokens: 1_000,
  });
  const logger = Logger.create({ service: 'ai-gateway', level: 'info', format: 'json', destination: { write: (line) => void logLines.push(line) } });
  const app = await createApp(config, logger);
  const answers = DocumentedAnswers.of(app);
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;

  /** As fetch, with the identity that the gateway would attach. */
  async function call(path: string, as: Principal, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.delete('authorization');
    for (const [name, value] of Object.entries(await gateway.headersFor(init.method?.toUpperCase() ?? 'GET', path, as))) headers.set(name, value);
    return await fetch(`${url}${path}`, { ...init, headers });
  }

  return {
    app,
    url,
    config,
    database,
    simulator,
    ledger: tenants.ledger,
    logLines,
    call,

    chat(as: Principal, body: unknown, init: RequestInit = {}): Promise<Response> {
      const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
      return call('/v1/chat/completions', as, { ...init, method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) });
    },

    /** The official client, as a caller with this principal would use it. */
    openai(as: Principal): OpenAI {
      return new OpenAI({
        apiKey: 'plk_live_any',
        baseURL: `${url}/v1`,
        maxRetries: 0,
        fetch: (input, init) => call(new URL(input instanceof Request ? input.url : input).pathname, as, init),
      });
    },

    usageOf(principal: Principal): Promise<UsageRow[]> {
      return database.query<UsageRow & Record<string, unknown>>('SELECT * FROM ai.usage_record WHERE tenant_id = $1 ORDER BY occurred_at', [principal.tenantId]);
    },

    eventsOf(principal: Principal, type: string): Promise<Record<string, unknown>[]> {
      return database
        .query<{ payload: Record<string, unknown> }>('SELECT payload FROM ai.event_outbox WHERE tenant_id = $1 AND event_type = $2 ORDER BY sequence', [principal.tenantId, type])
        .then((rows) => rows.map(({ payload }) => payload));
    },

    async close(): Promise<void> {
      const closed = app.close();
      // fetch opens connections that it then does not need; closing would wait for their first request.
      app.getHttpServer().closeAllConnections();
      await closed;
      await simulator.stop();
      await tenants.stop();
      await database.drop();
      answers.assertAllDocumented();
    },
  };
}

export type AiGatewayUnderTest = Awaited<ReturnType<typeof bootAiGateway>>;

/** A member of a new tenant, by a key. */
export function someCaller(role = 'member'): Principal {
  return { type: 'api_key', id: newId(), tenantId: newId(), roles: [role], scopes: ['*'] };
}
