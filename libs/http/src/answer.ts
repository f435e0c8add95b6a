/** A handler's answer that carries headers of its own (`Location`, `ETag`); a plain value is answered as it is, bytes under their own `content-type`. */
export class Answer<T = unknown> {
  constructor(
    readonly body: T,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** An answer as it goes over the wire: serialized once, kept and sent as the same bytes. */
export interface EncodedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Bytes stay as they are, all else becomes JSON; without a body there is no content type. @throws TypeError for what JSON cannot hold */
export function encodeAnswer(result: unknown, status: number): EncodedAnswer {
  const { body, headers }: Answer = result instanceof Answer ? (result as Answer) : new Answer(result);
  if (body === undefined) return { status, headers, body: Buffer.alloc(0) };
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body: Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)) };
}

/** 201 with the resource, where it is and its version. */
export function created<T extends object>(body: T, location: string, headers: Readonly<Record<string, string>> = {}): Answer<T> {
  return new Answer(body, { location, ...headers });
}
