import { request } from 'node:http';
import { connect } from 'node:net';
import type { SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { pathOf, type PublicRoute } from '../gateway-routes.js';
import type { Plants } from './plants.js';

/** What was answered, to look through. */
export interface Answered {
  readonly place: string;
  readonly status: number;
  readonly text: string;
}

type Headers = Record<string, string>;

interface Attempt {
  readonly place: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: string | Buffer;
}

const json = { 'content-type': 'application/json' };
const quote = encodeURIComponent;

/**
 * Calls every route with plants in every place that takes text: path, query, each header, members known and unknown,
 * bodies of other types and sizes, credentials that are none.
 */
export class HostileInputs {
  private readonly answers: Answered[] = [];

  constructor(
    private readonly gatewayUrl: string,
    private readonly plants: Plants,
    private readonly owner: SignedIn,
  ) {}

  async sendAll(routes: readonly PublicRoute[]): Promise<readonly Answered[]> {
    for (const route of routes) for (const attempt of this.attemptsAt(route)) await this.send(attempt);
    for (const attempt of this.unroutable()) await this.send(attempt);
    for (const [place, sent] of this.malformedHttp()) {
      const text = await sendRaw(this.gatewayUrl, sent);
      this.answers.push({ place, status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0), text });
    }
    return this.answers;
  }

  private attemptsAt(route: PublicRoute): Attempt[] {
    const { plants } = this;
    const { method } = route;
    const name = `${method} ${route.path}`;
    const path = pathOf(route, (parameter) => (parameter === 'id' ? (route.path.startsWith('/v1/tenants') ? this.owner.tenantId : newId()) : 'nothing'));
    const keyed = (): Headers => ({ ...this.credential(), ...(method === 'GET' ? {} : { 'idempotency-key': newId(), ...json }) });
    const body = (place: string) => (method === 'GET' ? {} : { body: JSON.stringify(this.members(place)) });
    return [
      ...['email', 'apiKey', 'card', 'password', 'lineBreak'].filter(() => route.path.includes('{')).map((kind) => {
        const place = `${name}, path (${kind})`;
        const text = plants[kind as 'email'](place);
        return { place, method, path: pathOf(route, () => quote(text)), headers: keyed(), ...body(place) };
      }),
      { place: `${name}, query`, method, path: `${path}?${this.query(`${name}, query`)}`, headers: keyed(), ...body(name) },
      { place: `${name}, headers`, method, path, headers: { ...keyed(), ...this.headers(`${name}, headers`) }, ...body(`${name}, headers`) },
      ...(method === 'GET' ? [] : this.badBodies(name, method, path, route.bodyLimitBytes)),
      { place: `${name}, Bearer token`, method, path, headers: { ...keyed(), authorization: `Bearer ${plants.token(`${name}, Bearer token`)}` }, ...body(name) },
      { place: `${name}, Bearer key`, method, path, headers: { ...keyed(), authorization: `Bearer ${plants.apiKey(`${name}, Bearer key`)}` }, ...body(name) },
      { place: `${name}, x-api-key`, method, path, headers: { ...json, 'idempotency-key': newId(), 'x-api-key': plants.apiKey(`${name}, x-api-key`) }, ...body(name) },
      { place: `${name}, session cookie`, method, path, headers: { ...json, 'idempotency-key': newId(), ...this.browser(`${name}, session cookie`) }, ...body(name) },
      { place: `${name}, Basic`, method, path, headers: { ...keyed(), authorization: `Basic ${plants.signature(`${name}, Basic`)}` }, ...body(name) },
    ];
  }

  private badBodies(name: string, method: string, path: string, limitBytes: number): Attempt[] {
    const { plants } = this;
    const sent = (what: string, body: string | Buffer, headers: Headers = json): Attempt => ({
      ...{ place: `${name}, ${what}`, method, path, body },
      headers: { ...this.credential(), 'idempotency-key': newId(), ...headers },
    });
    const all = (what: string) => JSON.stringify(plants.oneOfEach(`${name}, ${what}`));
    return [
      sent('malformed JSON', all('malformed JSON').slice(0, -1)),
      sent('array', `[${all('array')}]`),
      sent('text', all('text'), { 'content-type': 'text/plain' }),
      sent('form', `password=${quote(plants.password(`${name}, form`))}`, { 'content-type': 'application/x-www-form-urlencoded' }),
      sent('content type', '{}', { 'content-type': `application/${plants.signature(`${name}, content type`)}` }),
      sent('charset', all('charset'), { 'content-type': 'application/json; charset=utf-16' }),
      sent('NUL', all('NUL').replace('"', '"\\u0000')),
      sent('invalid UTF-8', Buffer.concat([Buffer.from(all('invalid UTF-8')), Buffer.from([0xff])])),
      sent('too large', JSON.stringify({ ...plants.oneOfEach(`${name}, too large`), filling: 'x'.repeat(limitBytes) })),
      sent('names of members', JSON.stringify(Object.fromEntries(Object.values(plants.oneOfEach(`${name}, names of members`)).map((text) => [text, 1])))),
      sent('idempotency key too long', '{}', { ...json, 'idempotency-key': plants.attachment(`${name}, idempotency key too long`) }),
      { ...sent('no idempotency key', all('no idempotency key')), headers: { ...this.credential(), ...json } },
    ];
  }

  /** Known members of wrong types and forms, and unknown ones. */
  private members(place: string): Record<string, unknown> {
    const { plants } = this;
    const each = plants.oneOfEach(place);
    return {
      ...each,
      ...{ email: [plants.email(place)], password: { value: plants.password(place) }, tenantName: [plants.name(place)], consents: [{ document: plants.payload(place), version: 1 }] },
      ...{ name: { first: plants.name(place) }, contactEmail: plants.password(place), timeZone: plants.signature(place), settings: [each], scopes: [plants.apiKey(place)] },
      ...{ expiresAt: plants.card(place), reason: { text: plants.prompt(place) }, model: { id: plants.payload(place) }, messages: plants.prompt(place) },
    };
  }

  private query(place: string): string {
    const names = ['q', 'cursor', 'limit', 'from', 'actor', 'action', 'resourceId', 'outcome', 'status', 'group'];
    return Object.entries(this.plants.oneOfEach(place)).map(([kind, text], at) => `${names[at] ?? kind}=${quote(text)}&${kind}=${quote(text)}`).join('&');
  }

  private browser(place: string): Headers {
    return { cookie: `plinth_session=${this.plants.signature(place)}`, 'x-csrf-token': this.plants.signature(place), origin: `https://${this.plants.password(place)}.example` };
  }

  private headers(place: string): Headers {
    const { plants } = this;
    return {
      ...{ 'user-agent': `agent ${plants.email(place)}`, referer: `https://x.example/?token=${plants.token(place)}`, cookie: `session=${plants.token(place)}` },
      ...{ 'x-request-id': plants.apiKey(place), 'x-csrf-token': plants.signature(place), 'x-signature': plants.signature(place), 'x-forwarded-for': plants.password(place) },
      ...{ 'x-tenant-id': plants.password(place), 'if-match': plants.email(place), traceparent: plants.signature(place), 'idempotency-key': plants.password(place) },
      ...{ 'x-plinth-identity': plants.token(place), 'x-plinth-signature': plants.signature(place), accept: `application/${plants.signature(place)}` },
      ...{ 'proxy-authorization': `Basic ${plants.signature(place)}`, baggage: `user=${plants.card(place)}` },
    };
  }

  private unroutable(): Attempt[] {
    const { plants } = this;
    const at = (place: string, path: string, method = 'GET'): Attempt => ({ place, method, path, headers: this.credential() });
    return [
      at('unknown path (email)', `/v1/${quote(plants.email('unknown path (email)'))}`),
      at('unknown path (token)', `/v1/reset/${plants.token('unknown path (token)')}`),
      at('unknown path (card)', `/v1/pay/${plants.card('unknown path (card)')}?cvc=${plants.password('unknown path (card)')}`),
      at('unknown path (password)', `/login/${quote(plants.password('unknown path (password)'))}`),
      at('undecodable path', `/v1/%zz${plants.apiKey('undecodable path')}`),
      at('path too long', `/v1/tenants/${plants.apiKey('path too long')}${'a'.repeat(9_000)}`),
      at('wrong method', `/v1/policies?x=${plants.signature('wrong method')}`, 'DELETE'),
      at('options', `/v1/policies?x=${plants.signature('options')}`, 'OPTIONS'),
    ];
  }

  private malformedHttp(): [string, string][] {
    const { plants } = this;
    const lines = (...all: string[]) => `${all.join('\r\n')}\r\n\r\n`;
    return [
      ['raw: no HTTP', lines(plants.password('raw: no HTTP'))],
      ['raw: folded header', lines('GET /v1/policies HTTP/1.1', 'Host: x', 'X-Key: a', ` ${plants.apiKey('raw: folded header')}`)],
      ['raw: two lengths', lines('POST /v1/auth/login HTTP/1.1', 'Host: x', 'Content-Length: 5', 'Content-Length: 6', '') + plants.password('raw: two lengths')],
      ['raw: bad header name', lines('GET /v1/policies HTTP/1.1', 'Host: x', `X ${plants.signature('raw: bad header name')}: 1`)],
      ['raw: control character', lines('GET /v1/policies HTTP/1.1', 'Host: x', `X-Key: \u0001${plants.signature('raw: control character')}`)],
      ['raw: header too large', lines('GET /v1/policies HTTP/1.1', 'Host: x', `X-Key: ${plants.attachment('raw: header too large')}${'a'.repeat(70_000)}`)],
    ];
  }

  private credential(): Headers {
    return { authorization: `Bearer ${this.owner.token}` };
  }

  private async send({ place, method, path, headers, body }: Attempt): Promise<void> {
    const answer = await exchange(new URL(this.gatewayUrl), { method, path, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) } }, body);
    this.answers.push({ place, ...answer });
  }
}

/** By Node's own client, which sends headers that `fetch` keeps for itself. */
function exchange(url: URL, { method, path, headers }: { method: string; path: string; headers: Headers }, body?: string | Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: url.hostname, port: url.port, method, path, headers, agent: false, timeout: 20_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: `${JSON.stringify(answer.headers)}\n${Buffer.concat(chunks).toString()}` }));
      answer.on('error', reject);
    });
    // A body that is refused on the way may break the connection after its answer.
    call.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' || error.code === 'ECONNRESET' ? resolve({ status: 0, text: '' }) : reject(error)));
    call.on('timeout', () => call.destroy(new Error(`${method} was not answered in 20 s`)));
    call.end(body);
  });
}

async function sendRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.setTimeout(10_000, () => socket.destroy(new Error('the connection was left open')));
  socket.write(text);
  let answer = '';
  try {
    for await (const chunk of socket) answer += String(chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
  return answer;
}
