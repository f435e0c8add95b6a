import { GatewayClient, UserError, type CallAnswer } from '@plinth/dev-stack';

/** By what an operator signs in: an account, or a token that somebody else has got. */
export type Credentials = { readonly email: string; readonly password: string } | { readonly token: string };

/** What the API says of a failure (RFC 9457). */
interface ProblemBody {
  readonly code?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The suite's API as an operator sees it, through the gateway. Signs in when first used, and again when the token has ended. */
export class OperatorApi {
  private readonly gateway: GatewayClient;
  private readonly credentials: Credentials;
  private token: string | undefined;

  constructor(url: string, credentials: Credentials) {
    this.gateway = new GatewayClient(url.replace(/\/+$/, ''));
    this.credentials = credentials;
  }

  /** @throws UserError with the API's own words where it refuses */
  async get<T>(path: string): Promise<T> {
    return bodyOf(await this.send<T>('GET', path), path);
  }

  /** As `get`; null where there is no such thing. */
  async find<T>(path: string): Promise<T | null> {
    const answer = await this.send<T>('GET', path);
    return answer.status === 404 ? null : bodyOf(answer, path);
  }

  /** Under a key of its own, so that what is sent twice by accident happens once. @throws UserError as `get` */
  async post<T>(path: string, body: object): Promise<T> {
    return bodyOf(await this.send<T>('POST', path, body), path);
  }

  private async send<T>(method: string, path: string, body?: object): Promise<CallAnswer<T>> {
    const idempotencyKey = crypto.randomUUID();
    const call = async () => await this.reach(() => this.gateway.call<T>(method, path, { token: this.token ?? '', idempotencyKey, ...(body === undefined ? {} : { body }) }));
    this.token ??= await this.signIn();
    const answer = await call();
    if (answer.status !== 401 || 'token' in this.credentials) return answer;
    this.token = await this.signIn();
    return await call();
  }

  private async signIn(): Promise<string> {
    if ('token' in this.credentials) return this.credentials.token;
    const { email, password } = this.credentials;
    const answer = await this.reach(() => this.gateway.call<{ accessToken: string }>('POST', '/v1/auth/login', { body: { email, password } }));
    return bodyOf(answer, '/v1/auth/login').accessToken;
  }

  private async reach<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { cause, name } = error as Error & { cause?: { code?: string } };
      throw new UserError(`${this.gateway.url} does not answer (${cause?.code ?? name}): is the suite running? make status tells`);
    }
  }
}

function bodyOf<T>({ status, body }: CallAnswer<T>, path: string): T {
  if (status < 400) return body;
  const { code, detail, errors = [] } = body as ProblemBody;
  const fields = errors.map(({ pointer, detail: what }) => `${pointer} ${what}`).join('; ');
  throw new UserError(`${path.split('?')[0]} was answered ${status} ${code ?? ''}: ${[detail, fields].filter(Boolean).join(' ')}`.trim());
}
