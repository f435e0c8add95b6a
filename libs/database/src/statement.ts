import type { PoolClient } from 'pg';

/**
 * A constant SQL text with the values of this time. Lists and scalars reach the driver as they are, so nothing of a
 * statement can fail before it is sent: a COMMIT may be sent right behind it.
 */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly (Scalar | readonly Scalar[])[];
}

type Scalar = string | number | boolean | Buffer | null;

const names = new Map<string, string>();

/**
 * As the driver prepares it: planned once a connection. Planning costs these more than running them. The texts have to
 * be constants of the code, for neither this process nor the server forgets one.
 */
export function prepared(sql: string, parameters: readonly unknown[]): { name: string; text: string; values: unknown[] } {
  let name = names.get(sql);
  if (name === undefined) {
    name = `plinth_${names.size}`;
    names.set(sql, name);
  }
  return { name, text: sql, values: [...parameters] };
}

/** What pg 8.23's client has and its public type leaves out. */
interface WithSocket {
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
}

/** Queries that are begun in `send` leave in one packet: without it each is a write of its own to the socket. */
export function inOnePacket<T>(client: PoolClient, send: () => T): T {
  const { stream } = (client as unknown as WithSocket).connection;
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}
