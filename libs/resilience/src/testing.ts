import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A server on a free loopback port, for tests that need the other side to be real. */
export class LocalServer {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {
    server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async listen(listener: RequestListener, port = 0): Promise<LocalServer> {
    const local = new LocalServer(createServer(listener));
    await new Promise<void>((resolve, reject) => {
      local.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return local;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
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
