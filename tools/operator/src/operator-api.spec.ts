import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OperatorApi } from './operator-api.ts';
import { openSession } from './session.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly key: string | undefined;
}

let server: Server;
let url = '';
let seen: Seen[] = [];
let answer: (request: IncomingMessage) => [status: number, body: object] = () => [200, {}];

beforeAll(async () => {
  server = createServer((request, response) => {
    const { authorization, 'idempotency-key': key } = request.headers;
    seen.push({ method: request.method, url: request.url, authorization, key: key?.toString() });
    const [status, body] = answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => (seen = []));
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe('OperatorApi', () => {
  it('signs in once, and again when its token has ended', async () => {
    let tokens = 0;
    answer = ({ url: path, headers }) => {
      if (path === '/v1/auth/login') return [200, { accessToken: `token-${++tokens}` }];
      return headers.authorization === 'Bearer token-1' && seen.length > 3 ? [401, { code: 'token_expired' }] : [200, { n: seen.length }];
    };
    const api = new OperatorApi(`${url}/`, { email: 'o@plinth.example', password: 'x' });
    await api.get('/one');
    await api.get('/two');
    expect(await api.get('/three')).toEqual({ n: 6 });
    expect(seen.map(({ url: path }) => path)).toEqual(['/v1/auth/login', '/one', '/two', '/three', '/v1/auth/login', '/three']);
  });

  it('writes under a fresh key each time', async () => {
    answer = () => [202, {}];
    const api = new OperatorApi(url, { token: 't' });
    await api.post('/one', {});
    await api.post('/one', {});
    expect(seen.every(({ authorization }) => authorization === 'Bearer t')).toBe(true);
    expect(new Set(seen.map(({ key }) => key)).size).toBe(2);
  });

  it('tells in one line what the API refuses, and that nobody answers', async () => {
    const api = new OperatorApi(url, { token: 't' });
    answer = () => [422, { code: 'validation_failed', detail: 'Not so.', errors: [{ pointer: '/reason', detail: 'is too long' }] }];
    await expect(api.post('/one?x=1', {})).rejects.toMatchObject({ name: 'UserError', message: '/one was answered 422 validation_failed: Not so. /reason is too long' });
    answer = () => [401, { code: 'token_invalid', detail: 'No.' }];
    await expect(api.get('/one')).rejects.toMatchObject({ message: '/one was answered 401 token_invalid: No.' });
    answer = () => [404, {}];
    expect(await api.find('/one')).toBeNull();
    await expect(new OperatorApi('http://127.0.0.1:1', { token: 't' }).get('/')).rejects.toMatchObject({ name: 'UserError', message: expect.stringContaining('http://127.0.0.1:1 does not answer') });
  });
});

describe('openSession', () => {
  it('takes address and token together, or neither', () => {
    expect(openSession({ PLINTH_URL: url, PLINTH_TOKEN: 't' })).toBeInstanceOf(OperatorApi);
    expect(() => openSession({ PLINTH_URL: url })).toThrow('PLINTH_TOKEN is missing');
    expect(() => openSession({ PLINTH_TOKEN: 't' })).toThrow('PLINTH_URL is missing');
    expect(() => openSession({ PLINTH_HOME: '/nonexistent/plinth' })).toThrow('there is no running stack here');
  });
});
