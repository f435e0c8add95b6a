import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Which way of the next COMMIT is closed: on its way to PostgreSQL, or that of its confirmation, when it is done. */
type Held = 'commit' | 'confirmation';

// Messages of PostgreSQL's protocol 3.0: a type, the length without it, the text. Simple queries and their tags are as short as this.
const marks: Readonly<Record<Held, Buffer>> = {
  commit: message('Q', 'COMMIT'),
  confirmation: message('C', 'COMMIT'),
};

/**
 * A way to PostgreSQL on which a test stops the next COMMIT, or its confirmation, for good: the moment
 * in which a process that is killed has, or has not, had its effect. Everything else passes.
 */
export class CommitGate {
  private readonly sockets = new Set<Socket>();
  private wanted: { readonly way: Held; readonly reached: () => void } | undefined;

  private constructor(
    private readonly server: Server,
    private readonly target: { readonly host: string; readonly port: number },
  ) {
    server.on('connection', (client) => this.join(client));
  }

  /** Stands on a loopback port before the server of this URL; `through` leads to it. */
  static async before(databaseUrl: string): Promise<CommitGate> {
    const { hostname, port } = new URL(databaseUrl);
    const server = createServer();
    const gate = new CommitGate(server, { host: hostname, port: Number(port) });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return gate;
  }

  /** The same database, by this way. */
  through(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return url.toString();
  }

  /** Resolves when the next COMMIT, or its confirmation, has come this far. It goes no further. */
  async hold(way: Held): Promise<void> {
    await new Promise<void>((reached) => (this.wanted = { way, reached }));
  }

  /** Cuts every connection that came this way, held or not. */
  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket): void {
    const server = connect(this.target);
    this.pass(client, server, 'commit');
    this.pass(server, client, 'confirmation');
  }

  private pass(from: Socket, to: Socket, way: Held): void {
    let held = false;
    this.sockets.add(from);
    from.on('data', (bytes) => {
      if (this.wanted?.way === way && bytes.includes(marks[way])) {
        held = true;
        this.wanted.reached();
        this.wanted = undefined;
      }
      if (!held) to.write(bytes);
    });
    from.on('error', () => undefined); // 'close' follows
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
  }
}

function message(type: string, text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length + 5);
  return Buffer.concat([Buffer.from(type), length, Buffer.from(`${text}\0`)]);
}
