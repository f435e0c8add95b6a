import { randomUUID } from 'node:crypto';

export interface CallOptions {
  readonly body?: unknown;
  /** Access token. */
  readonly token?: string;
  /** Made where absent on a write; null sends none. */
  readonly idempotencyKey?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as they are, instead of `body`. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer>;
}

export interface CallAnswer<T = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; empty where it is not JSON. */
  readonly body: T;
}

/** An account that is signed in. */
export interface SignedIn {
  readonly email: string;
  readonly password: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly token: string;
}

const timeoutMs = 15_000;

/** Calls the suite as a front end does: through the gateway, over the wire. */
export class GatewayClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call<T = Record<string, unknown>>(method: string, path: string, options: CallOptions = {}): Promise<CallAnswer<T>> {
    const { body, token, idempotencyKey, headers, rawBody } = options;
    const content = rawBody ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(method === 'GET' || idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey ?? randomUUID() }),
        ...headers,
      },
      ...(content === undefined ? {} : { body: content }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: parsed<T>(text) };
  }

  /** The consents that sign-up asks for now. */
  async requiredConsents(): Promise<{ document: string; version: string }[]> {
    const { body } = await this.call<{ data: { document: string; version: string; required: boolean }[] }>('GET', '/v1/policies');
    return body.data.filter(({ required }) => required).map(({ document, version }) => ({ document, version }));
  }

  /** Signs up and in. @throws Error with the answer where either is refused */
  async signUp(email: string, password: string, tenantName: string): Promise<SignedIn> {
    const consents = await this.requiredConsents();
    const registered = await this.call<{ user: { id: string }; tenant: { id: string } }>('POST', '/v1/auth/register', {
      body: { email, password, tenantName, consents },
    });
    if (registered.status !== 201) throw new Error(`sign-up was answered ${registered.status}: ${registered.text}`);
    const token = await this.signIn(email, password);
    return { email, password, userId: registered.body.user.id, tenantId: registered.body.tenant.id, token };
  }

  /** @returns an access token. @throws Error with the answer where it is refused */
  async signIn(email: string, password: string): Promise<string> {
    const { status, text, body } = await this.call<{ accessToken: string }>('POST', '/v1/auth/login', { body: { email, password } });
    if (status !== 200) throw new Error(`sign-in was answered ${status}: ${text}`);
    return body.accessToken;
  }

  /** As a browser does. @returns what it sends from then on: the `Cookie` header, and the token for `X-CSRF-Token`. @throws Error with the answer where it is refused */
  async signInBrowser(email: string, password: string): Promise<{ readonly cookie: string; readonly csrfToken: string }> {
    const { status, text, headers, body } = await this.call<{ csrfToken: string }>('POST', '/v1/auth/login', { body: { email, password, session: 'cookie' } });
    const [cookie] = (headers.get('set-cookie') ?? '').split(';');
    if (status !== 200 || !cookie) throw new Error(`sign-in was answered ${status}: ${text}`);
    return { cookie, csrfToken: body.csrfToken };
  }
}

/** The API key with another last character, whatever that one is: a key that fails its checksum. */
export function mistyped(key: string): string {
  return `${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`;
}

function parsed<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    return {} as T;
  }
}
