import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type ClientRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AccessTokenIssuer, InternalIdentityVerifier, KeyRing } from '@plinth/auth';
import type { ServiceName } from '@plinth/contracts';
import { Logger } from '@plinth/logging';
import { answerLedgerCall, FakeLedger } from '@plinth/quotas/testing';
import { randomSeed } from '@plinth/testing';
import type { ApiKeyFacts } from './callers/api-keys.js';
import type { BearerStanding } from './callers/bearers.js';
import type { BrowserSessionFacts } from './callers/browser-sessions.js';
import { JwksFollower } from './callers/jwks-follower.js';
import { Revocations } from './callers/revocations.js';
import { GatewayConfig } from './config.js';
import { createApp } from './create-app.js';
import { perUpstream } from './upstreams/upstream-names.js';

export const issuer = 'http://127.0.0.1:8080';

export const quietLogger = Logger.create({ service: 'gateway', level: 'silent', format: 'json' });

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** What tenant-service knows of callers, and its feed. */
class FakeCallers {
  readonly suspendedTenants = new Set<string>();
  readonly deactivatedTenants = new Set<string>();
  readonly revokedSessions = new Set<string>();
  readonly revokedApiKeys = new Set<string>();
  /** By account: what it belongs to since its memberships have changed. */
  readonly bearers = new Map<string, BearerStanding>();
  /** By id. */
  readonly apiKeys = new Map<string, ApiKeyFacts>();
  /** By the hash of its cookie. */
  readonly browserSessions = new Map<string, BrowserSessionFacts>();
  /** Keys that the gateway has told to be in use. */
  readonly keyUses: { readonly id: string; readonly at: string }[] = [];
  /** Whether it takes what is told of keys in use. */
  takesKeyUses = true;
  /** Paths of the gateway's own questions. */
  readonly questions: string[] = [];
  /** How often the feed was begun. */
  feeds = 0;
  /** Connected, and without a word. */
  silent = false;
  /** What the tenants may use. */
  readonly ledger = new FakeLedger();
  private readonly followers = new Set<ServerResponse>();
  private sequence = 0;

  /** Changes what is known, and tells the followers. */
  tell(kind: 'tenant_suspended' | 'tenant_restored' | 'tenant_deactivated' | 'session_revoked' | 'api_key_revoked' | 'memberships_changed' | 'api_key_changed' | 'tenant_keys_revoked', id: string): void {
    if (kind === 'tenant_suspended') this.suspendedTenants.add(id);
    if (kind === 'tenant_restored') this.suspendedTenants.delete(id);
    if (kind === 'tenant_deactivated') this.deactivatedTenants.add(id);
    if (kind === 'session_revoked') this.revokedSessions.add(id);
    if (kind === 'api_key_revoked') this.revokedApiKeys.add(id);
    this.sequence += 1;
    this.send({ type: 'change', sequence: this.sequence, kind, id });
  }

  /** Whether the request is one of the gateway's own, and is answered here. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const { url = '' } = request;
    if (!url.startsWith('/internal/v1/')) return false;
    if (answerLedgerCall(this.ledger, request, response)) return true;
    this.questions.push(url);
    if (url === '/internal/v1/revocations') this.follow(response);
    else if (url === '/internal/v1/callers/check') void this.check(request, response);
    else if (url === '/internal/v1/browser-sessions/find') void this.findBrowserSession(request, response);
    else if (url === '/internal/v1/api-keys/uses') void this.takeUses(request, response);
    else {
      const facts = url.endsWith('/standing') ? this.bearers.get(url.split('/').at(-2) ?? '') : this.apiKeys.get(url.split('/').at(-1) ?? '');
      response.writeHead(facts === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(facts ?? {}));
    }
    return true;
  }

  private follow(response: ServerResponse): void {
    this.feeds += 1;
    this.followers.add(response);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const [suspendedTenants, deactivatedTenants, revokedSessions, revokedApiKeys] = [this.suspendedTenants, this.deactivatedTenants, this.revokedSessions, this.revokedApiKeys].map((set) => [...set]);
    this.send({ type: 'snapshot', sequence: this.sequence, suspendedTenants, deactivatedTenants, revokedSessions, revokedApiKeys });
    const heartbeat = setInterval(() => this.send({ type: 'heartbeat', sequence: this.sequence }), 250);
    response.on('close', () => {
      clearInterval(heartbeat);
      this.followers.delete(response);
    });
  }

  private async takeUses(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { uses } = (await readJson(request)) as { uses: { id: string; at: string }[] };
    if (this.takesKeyUses) this.keyUses.push(...uses);
    response.writeHead(this.takesKeyUses ? 204 : 503).end();
  }

  private async findBrowserSession(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { cookieHash } = (await readJson(request)) as { cookieHash: string };
    const facts = this.browserSessions.get(cookieHash);
    response.writeHead(facts === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(facts ?? {}));
  }

  private async check(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const caller = (await readJson(request)) as { tenantId?: string; sessionId?: string; apiKeyId?: string };
    const standing = {
      tenantSuspended: this.suspendedTenants.has(caller.tenantId ?? ''),
      tenantDeactivated: this.deactivatedTenants.has(caller.tenantId ?? ''),
      sessionRevoked: this.revokedSessions.has(caller.sessionId ?? ''),
      apiKeyRevoked: this.revokedApiKeys.has(caller.apiKeyId ?? ''),
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(standing));
  }

  private send(line: object): void {
    if (!this.silent) for (const follower of this.followers) follower.write(`${JSON.stringify(line)}\n`);
  }
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
}

/** A service as the gateway sees it: a JWKS, what is known of callers, and for everything else what the test says. */
export class FakeService {
  readonly received: IncomingMessage[] = [];
  readonly callers = new FakeCallers();
  answer: Listener = (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ url: request.url }));
  };
  /** How it answers the gateway's question for its routes; by default it does not know what that is. */
  describe: Listener = (_request, response) => void response.writeHead(404).end();
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    /** Null: there are no keys to be had. */
    public tokenKeys: KeyRing | null,
  ) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
    server.on('request', (request, response) => this.handle(request, response));
  }

  static async listen(tokenKeys: KeyRing | null, port = 0): Promise<FakeService> {
    const service = new FakeService(createServer(), tokenKeys);
    await new Promise<void>((resolve, reject) => {
      service.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return service;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The last request that was forwarded. */
  get last(): IncomingMessage {
    const request = this.received.at(-1);
    if (request === undefined) throw new Error('nothing was forwarded');
    return request;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private handle(request: IncomingMessage, response: ServerResponse): void {
    // The gateway's own call has no user agent; a client's, through the gateway, may be for the same path.
    if (request.url === '/.well-known/jwks.json' && request.headers['user-agent'] === undefined) {
      if (this.tokenKeys === null) response.writeHead(503).end();
      else response.end(JSON.stringify(this.tokenKeys.publicJwks()));
      return;
    }
    if (request.url === '/internal/v1/openapi.json') return this.describe(request, response);
    if (this.callers.handle(request, response)) return;
    if (request.url === '/health/live') {
      response.end('{}');
      return;
    }
    this.received.push(request);
    this.answer(request, response);
  }
}

/** A configuration for tests: database and Kafka on a port where nothing listens, unless the test says otherwise. */
export function testConfig(over: Partial<GatewayConfig>): GatewayConfig {
  return new GatewayConfig({
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    logFormat: 'json',
    appDatabaseUrl: 'postgres://nobody@127.0.0.1:1/none',
    systemDatabaseUrl: 'postgres://nobody@127.0.0.1:1/none',
    databasePoolSize: 1,
    drainDelayMs: 0,
    otlpEndpoint: '',
    kafkaBrokers: ['127.0.0.1:1'],
    internalHmacSecrets: [randomBytes(32)],
    internalKeys: [randomSeed()],
    cookieSecrets: [randomBytes(32)],
    issuer,
    // Longer than a test lasts: what is told is told because the test says so.
    usageIntervalSeconds: 300,
    ...perUpstream(() => 'http://127.0.0.1:1'),
    trustedProxies: [],
    ...over,
  });
}

/**
 * Sends bytes as they are, and answers all that comes back until the gateway closes the connection.
 *
 * @param text as Latin-1: one character is one byte
 */
export async function sendRaw(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('utf8')));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    socket.write(Buffer.from(text, 'latin1'));
  });
}

export const tenantA = randomUUID();
export const tenantB = randomUUID();
export const user = { userId: randomUUID(), sessionId: randomUUID() };
/** Of the user whose token a test gateway hands out. */
export const memberships = [
  { tenantId: tenantA, roles: ['owner'] },
  { tenantId: tenantB, roles: ['viewer'] },
];

export interface ReceivedAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The answer's document, where it is a problem. */
  readonly problem: { code?: string; status?: number; requestId?: string; instance?: string };
}

/** A gateway that listens on a free port, with a tenant-service and an audit-service that are the test's. */
export class TestGateway {
  private constructor(
    readonly app: NestFastifyApplication,
    private readonly config: GatewayConfig,
    readonly tenants: FakeService,
    readonly audit: FakeService,
    readonly tokenKeys: KeyRing,
    /** A valid access token of the user. */
    readonly token: string,
  ) {}

  static async start(over: Partial<GatewayConfig> = {}): Promise<TestGateway> {
    const tokenKeys = KeyRing.of([randomSeed()]);
    const [tenants, audit] = await Promise.all([FakeService.listen(tokenKeys), FakeService.listen(tokenKeys)]);
    const config = testConfig({ 'tenant-service': tenants.url, 'audit-service': audit.url, ...over });
    const app = await createApp(config, quietLogger);
    await app.listen(0, '127.0.0.1');
    const { token } = await new AccessTokenIssuer({ keys: tokenKeys, issuer }).issue({ ...user, memberships, operatorRoles: [] });
    return new TestGateway(app, config, tenants, audit, tokenKeys, token);
  }

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  get bearer() {
    return { authorization: `Bearer ${this.token}` };
  }

  /** Whether tokens can be verified: the keys are fetched after the start. */
  get hasTokenKeys(): boolean {
    return this.app.get(JwksFollower).loaded;
  }

  /** Whether the feed of what is revoked has spoken within the last second. */
  get feedIsFresh(): boolean {
    return this.app.get(Revocations).fresh;
  }

  open(method: string, path: string, headers: Record<string, string> = {}): ClientRequest {
    return request({ host: '127.0.0.1', port: this.port, method, path, headers, agent: false });
  }

  async send(method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer): Promise<ReceivedAnswer> {
    const sent = this.open(method, path, headers);
    // A refused body may break the connection after the answer has come.
    sent.on('error', () => undefined);
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const isProblem = response.headers['content-type']?.startsWith('application/problem+json') === true;
    const problem = isProblem && text !== '' ? (JSON.parse(text) as ReceivedAnswer['problem']) : {};
    return { status: response.statusCode ?? 0, headers: response.headers, text, problem };
  }

  /** What a service learns of the caller, verified as the service does. */
  identityOf({ method = '', url = '', headers }: IncomingMessage, service: ServiceName = 'tenant-service') {
    const { internalKeys, internalHmacSecrets } = this.config;
    return new InternalIdentityVerifier({ service, keys: KeyRing.of(internalKeys), secrets: internalHmacSecrets }).verify({ method, path: url, headers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await Promise.all([this.tenants.stop(), this.audit.stop()]);
  }
}
