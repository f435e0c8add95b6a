import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { KeyRing } from '@plinth/auth';
import { Logger } from '@plinth/logging';
import { GatewayConfig } from './config.js';

export const issuer = 'http://127.0.0.1:8080';

export const quietLogger = Logger.create({ service: 'gateway', level: 'silent', format: 'json' });

/** A fresh entry for a key ring that signs. */
export function randomSeed(): string {
  return `seed.${randomBytes(32).toString('base64url')}`;
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** A service as the gateway sees it: a JWKS, and for everything else what the test says. */
export class FakeService {
  readonly received: IncomingMessage[] = [];
  answer: Listener = (request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ url: request.url }));
  };
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
    kafkaBrokers: ['127.0.0.1:1'],
    internalHmacSecrets: [randomBytes(32)],
    internalKeys: [randomSeed()],
    issuer,
    tenantServiceUrl: 'http://127.0.0.1:1',
    auditServiceUrl: 'http://127.0.0.1:1',
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
