import { createSocket, type Socket as DgramSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, request, type ClientRequest, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Problem } from '@plinth/kernel';
import { Destination, type DestinationOptions } from './destination.js';
import type { ForwardOutcome } from './forwarded-exchange.js';
import { Forwarder, type ForwardOptions } from './forwarder.js';
import type { Certificate } from './testing-certificates.js';

export const MIB = 1_048_576;

/** A server on a free loopback port, for tests that need the other side to be real. */
export class LocalServer {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async listen(listener: RequestListener, port = 0, host = '127.0.0.1'): Promise<LocalServer> {
    return await LocalServer.start(createServer(listener), port, host);
  }

  /** Speaks TLS, and shows the certificate to whoever comes. */
  static async listenTls(listener: RequestListener, certificate: Certificate): Promise<LocalServer> {
    return await LocalServer.start(createTlsServer({ ...certificate }, listener), 0, '127.0.0.1');
  }

  private static async start(server: Server, port: number, host: string): Promise<LocalServer> {
    const local = new LocalServer(server);
    await new Promise<void>((resolve, reject) => {
      local.server.once('error', reject).listen(port, host, resolve);
    });
    return local;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  onConnection(listener: () => void): void {
    this.server.on('connection', listener);
  }

  /** Stops listening and breaks every connection. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await LocalServer.listen(() => undefined);
  const { port } = server;
  await server.stop();
  return port;
}

/** A proxy before the given upstream; what it could not forward it answers as a status and a code. */
export async function startProxy(upstream: RequestListener, over: Partial<ForwardOptions> = {}, upstreamPort?: number, limits: Partial<DestinationOptions> = {}) {
  const server = await LocalServer.listen(upstream);
  const destination = new Destination({ name: 'upstream', url: `http://127.0.0.1:${upstreamPort ?? server.port}`, breaker: { volumeThreshold: 5 }, ...limits });
  const forwarder = new Forwarder(destination);
  const outcomes: (ForwardOutcome | string)[] = [];
  const proxy = await LocalServer.listen((incoming, response) => {
    const options: ForwardOptions = {
      path: incoming.url ?? '/',
      requestHeaders: { 'x-added': 'by the proxy' },
      dropRequestHeader: (name) => name === 'x-secret',
      answerHeaders: { 'x-frame-options': 'DENY' },
      dropAnswerHeader: (name) => name === 'x-internal',
      bodyLimitBytes: MIB,
      firstByteTimeoutMs: 5_000,
      ...over,
    };
    forwarder.forward(incoming, response, options).then(
      (outcome) => outcomes.push(outcome),
      (problem: Problem) => {
        outcomes.push(problem.code);
        response.writeHead(problem.status, { ...problem.extra.headers }).end(problem.code);
      },
    );
  });
  const send = (method: string, headers: Record<string, string> = {}): ClientRequest =>
    request({ host: '127.0.0.1', port: proxy.port, method, path: '/some/path?q=1', headers, agent: false });
  return {
    send,
    outcomes,
    destination,
    server,
    [Symbol.asyncDispose]: async () => {
      await destination.close();
      await proxy.stop();
      await server.stop();
    },
  };
}

/** The whole answer. Rejects where it is cut. */
export async function answerOf(sent: ClientRequest): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: Buffer }> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

/** A name server on a free loopback port that answers as it is told, over UDP as a real one does (RFC 1035, section 4). */
export class FakeDns {
  /** What each question was answered, in order. */
  readonly answered: string[] = [];

  private constructor(
    private readonly socket: DgramSocket,
    private readonly answer: (name: string, asked: number) => string | undefined,
  ) {
    socket.on('message', (question, { port, address }) => socket.send(this.reply(question), port, address));
  }

  /** @param answer the IPv4 address of a name that is asked for the n-th time, from 1; undefined for a name that does not exist */
  static async listen(answer: (name: string, asked: number) => string | undefined): Promise<FakeDns> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new FakeDns(socket, answer);
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private reply(question: Buffer): Buffer {
    const labels: string[] = [];
    let at = 12;
    for (let length = question.readUInt8(at); length > 0; length = question.readUInt8(at)) {
      labels.push(question.toString('ascii', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const asksIpv4 = question.readUInt16BE(at + 1) === 1;
    const address = asksIpv4 ? this.answer(labels.join('.'), this.answered.length + 1) : undefined;
    if (asksIpv4) this.answered.push(address ?? 'nothing');
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(address === undefined && asksIpv4 ? 0x8183 : 0x8180, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(address === undefined ? 0 : 1, 6);
    const parts = [header, question.subarray(12, at + 5)];
    // A pointer to the name in the question; type A, class IN, no time to live, four bytes.
    if (address !== undefined) parts.push(Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split('.').map(Number)]));
    return Buffer.concat(parts);
  }
}
