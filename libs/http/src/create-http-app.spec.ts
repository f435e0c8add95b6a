import 'reflect-metadata';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { Body, Controller, Get, HttpCode, Module, Param, Patch, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Problem, reject } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { eventually } from '@plinth/testing';
import { IsInt, IsOptional, IsString, MaxLength } from 'class-validator';
import { Answer, created } from './answer.js';
import { BodyLimit } from './body-limit.js';
import { createHttpApp } from './create-http-app.js';
import { httpErrors } from './http.errors.js';
import { Answers } from './openapi/route-facts.js';
import { shape } from './openapi/shape.js';
import { OptionalBody } from './optional-body.js';
import { UuidPipe } from './validation.pipe.js';
import { toldPath } from './told-path.js';

class ThingDto {
  @IsString()
  @MaxLength(10)
  name!: string;

  @IsOptional()
  @IsInt()
  size?: number;
}

class ThingQuery {
  @IsOptional()
  @MaxLength(3)
  q?: string;
}

@OptionalBody()
class OptionsDto {
  @IsOptional()
  @IsInt()
  size?: number;
}

let made = 0;

@Controller('v1/things')
class ThingsController {
  @Post()
  @BodyLimit(1000)
  make(@Body() body: ThingDto) {
    return created({ ...body }, '/v1/things/1');
  }

  @Get()
  list(@Query() query: ThingQuery) {
    return { q: query.q ?? null };
  }

  @Get('tagged')
  @Answers(200, shape.anyObject(), { etag: true })
  tagged() {
    return { size: 1 };
  }

  @Get('versioned')
  @Answers(200, shape.anyObject(), { etag: true })
  versioned() {
    return new Answer({ size: 1 }, { etag: '"7"' });
  }

  @Post('asked')
  @Answers(200, shape.anyObject(), { etag: true, notModified: true })
  asked() {
    return new Answer({ size: 1 }, { etag: '"7"' });
  }

  @Get(':id')
  get(@Param('id', UuidPipe) id: string) {
    return { id };
  }

  @Post('counted')
  @Answers(200, shape.anyObject())
  count() {
    made += 1;
    return { made };
  }

  @Patch(':id')
  change(@Param('id') id: string) {
    if (id === 'boom') throw new Error('secret internal detail');
    if (id === 'rejected') return reject(new Problem('thing_rejected', 'conflict', 'No.', { members: { findings: [1] } }));
    throw new Problem('thing_gone', 'not_found');
  }

  @Post('optional')
  @HttpCode(200)
  optional(@Body() body: OptionsDto) {
    return { ...body };
  }

  @Post('quiet')
  @HttpCode(204)
  quiet() {
    return undefined;
  }
}

@Controller('v1/shadows')
class ShadowsController {
  @Get('hidden')
  hidden() {
    throw httpErrors.routeNotFound();
  }

  @Post('half')
  half() {
    throw httpErrors.routeNotFound();
  }

  @Get('half')
  otherHalf() {
    return {};
  }
}

@Module({ controllers: [ThingsController, ShadowsController] })
class ThingsModule {}

describe('createHttpApp', () => {
  let app: NestFastifyApplication;
  const lines: string[] = [];

  beforeAll(async () => {
    const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(line) } });
    app = await createHttpApp(ThingsModule, { logger });
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });

  afterAll(() => app.close());

  const json = { 'content-type': 'application/json' };
  const send = (method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string, payload?: string | Buffer, headers: Record<string, string> = json) =>
    app.inject({ method, url, headers: payload === undefined ? {} : headers, ...(payload === undefined ? {} : { payload }) });

  it('answers a created resource with its location and a request id', async () => {
    const answer = await send('POST', '/v1/things', '{"name":"a"}');
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe('/v1/things/1');
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(answer.json()).toEqual({ name: 'a' });
  });

  it('takes no body for an empty one where the DTO says so, and looks at one that is there', async () => {
    expect((await send('POST', '/v1/things/optional')).json()).toEqual({});
    expect((await send('POST', '/v1/things/optional', '{"size":2}')).json()).toEqual({ size: 2 });
    expect((await send('POST', '/v1/things/optional', '{"size":"2"}')).statusCode).toBe(422);
    expect((await send('POST', '/v1/things/optional', '[]')).statusCode).toBe(400);
  });

  it.each([
    ['malformed JSON', 'POST', '/v1/things', '{', json, 400, 'json_malformed'],
    ['an array', 'POST', '/v1/things', '[]', json, 400, 'json_malformed'],
    ['an empty body', 'POST', '/v1/things', '', json, 400, 'body_required'],
    ['no body', 'POST', '/v1/things', undefined, json, 400, 'body_required'],
    ['NUL', 'POST', '/v1/things', '{"name":"\\u0000"}', json, 400, 'json_malformed'],
    ['an unknown field', 'POST', '/v1/things', '{"name":"a","role":"owner"}', json, 422, 'validation_failed'],
    ['a wrong type', 'POST', '/v1/things', '{"name":5}', json, 422, 'validation_failed'],
    ['a body over its route’s limit', 'POST', '/v1/things', `{"name":"${'a'.repeat(1000)}"}`, json, 413, 'body_too_large'],
    ['a body over 1 MiB where the route says nothing', 'POST', '/v1/things/quiet', JSON.stringify({ name: 'a'.repeat(1_048_576) }), json, 413, 'body_too_large'],
    ['text/plain', 'POST', '/v1/things', 'x', { 'content-type': 'text/plain' }, 415, 'content_type_unsupported'],
    ['a form', 'POST', '/v1/things', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'content_type_unsupported'],
    ['UTF-16', 'POST', '/v1/things', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415, 'content_type_unsupported'],
    ['an unknown path', 'GET', '/v1/nothing', undefined, json, 404, 'route_not_found'],
    ['a bad UUID', 'GET', "/v1/things/1'%20OR%201=1", undefined, json, 400, 'id_malformed'],
    ['NUL in the path', 'GET', '/v1/things/%00', undefined, json, 400, 'url_malformed'],
    ['invalid UTF-8 in the path', 'GET', '/v1/things/%ff', undefined, json, 400, 'url_malformed'],
    ['a very long id', 'GET', `/v1/things/${'a'.repeat(600)}`, undefined, json, 414, 'url_too_long'],
    ['invalid UTF-8 in the query', 'GET', '/v1/things?q=%ff', undefined, json, 400, 'url_malformed'],
    ['an invalid query', 'GET', '/v1/things?q=abcd', undefined, json, 400, 'query_invalid'],
    ['an unknown query parameter', 'GET', '/v1/things?x=1', undefined, json, 400, 'query_invalid'],
    ['a thrown problem', 'PATCH', '/v1/things/x', '{}', json, 404, 'thing_gone'],
    ['a rejection', 'PATCH', '/v1/things/rejected', '{}', json, 409, 'thing_rejected'],
  ] as const)('answers %s with a problem document', async (_, method, url, body, headers, status, code) => {
    const answer = await send(method, url, body, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ type: `urn:plinth:problem:${code}`, status, code, instance: toldPath(url.split('?')[0] ?? ''), requestId: answer.headers['x-request-id'] });
  });

  it('quotes nothing of what it refuses but a name that may be misspelt', async () => {
    const misspelt = await send('POST', '/v1/things', '{"name":"a","nmae":"jane@mail.example"}');
    expect(misspelt.json()).toMatchObject({ errors: [{ pointer: '/nmae' }] });
    const secret = await send('POST', '/v1/things/jane%40mail.example', '{"name":"a"}');
    for (const name of ['jane@mail.example', 'plk_live_0123456789', 'my Pass-word1', '4111111111111111']) {
      const refused = await send('POST', '/v1/things', JSON.stringify({ name: 'a', [name]: 1 }));
      expect(refused.json()).toMatchObject({ status: 422, errors: [{ pointer: '', detail: 'has a property that should not exist' }] });
      expect(refused.body).not.toContain(name);
    }
    for (const answer of [misspelt, secret]) expect(answer.body).not.toContain('jane');
  });

  it('answers a known path under another method with 405 and Allow', async () => {
    const answer = await send('PUT', '/v1/things', '{}');
    expect(answer.statusCode).toBe(405);
    expect(answer.headers.allow).toBe('GET, HEAD, POST');
  });

  it('gives a single resource an entity tag: its own, or that of its bytes', async () => {
    expect((await send('GET', '/v1/things/versioned')).headers.etag).toBe('"7"');
    const tag = (await send('GET', '/v1/things/tagged')).headers.etag;
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect((await send('GET', '/v1/things/tagged')).headers.etag).toBe(tag);
  });

  it.each(['"7"', 'W/"7"', '*', '"1", "7"'])('answers who has the current version already (%s) with 304 and no body', async (tags) => {
    for (const method of ['GET', 'HEAD'] as const) {
      const answer = await app.inject({ method, url: '/v1/things/versioned', headers: { 'if-none-match': tags } });
      expect([answer.statusCode, answer.body, answer.headers.etag]).toEqual([304, '', '"7"']);
      expect(answer.headers).not.toHaveProperty('content-type');
    }
  });

  it('answers a question by POST like a read, where its route says so, and no other POST', async () => {
    const ask = (url: string) => app.inject({ method: 'POST', url, headers: { ...json, 'if-none-match': '"7"' }, payload: '{}' });
    const unchanged = await ask('/v1/things/asked');
    expect([unchanged.statusCode, unchanged.body, unchanged.headers.etag]).toEqual([304, '', '"7"']);
    expect((await app.inject({ method: 'POST', url: '/v1/things/asked', headers: { ...json, 'if-none-match': '"6"' }, payload: '{}' })).statusCode).toBe(200);
    expect((await app.inject({ method: 'POST', url: '/v1/things/optional', headers: { ...json, 'if-none-match': '*' }, payload: '{}' })).statusCode).toBe(200);
  });

  it('lets a handler hide its route: 404 as where there is none, 405 where the path has another method', async () => {
    const hidden = await app.inject({ method: 'GET', url: '/v1/shadows/hidden' });
    expect([hidden.statusCode, hidden.json(), hidden.headers.allow]).toEqual([404, expect.objectContaining({ code: 'route_not_found' }), undefined]);
    expect((await app.inject({ method: 'HEAD', url: '/v1/shadows/hidden' })).statusCode).toBe(404);
    const half = await app.inject({ method: 'POST', url: '/v1/shadows/half', headers: json, payload: '{}' });
    expect([half.statusCode, half.json(), half.headers.allow]).toEqual([405, expect.objectContaining({ code: 'method_not_allowed' }), 'GET, HEAD']);
  });

  it('answers who has another version with the whole', async () => {
    const answer = await app.inject({ method: 'GET', url: '/v1/things/versioned', headers: { 'if-none-match': '"6"' } });
    expect([answer.statusCode, answer.json()]).toEqual([200, { size: 1 }]);
  });

  it('refuses what it could not answer acceptably, before it has an effect', async () => {
    const answer = await app.inject({ method: 'POST', url: '/v1/things/counted', headers: { ...json, accept: 'text/html' }, payload: '{}' });
    expect([answer.statusCode, answer.json()]).toEqual([406, expect.objectContaining({ code: 'not_acceptable' })]);
    expect((await send('POST', '/v1/things/counted', '{}')).json()).toEqual({ made: 1 });
  });

  it('answers HEAD as GET, without the body', async () => {
    const answer = await app.inject({ method: 'HEAD', url: '/v1/things/versioned' });
    expect([answer.statusCode, answer.body, answer.headers['content-length']]).toEqual([200, '', '10']);
  });

  describe('a packed body', () => {
    const pack = { gzip: gzipSync, 'x-gzip': gzipSync, deflate: deflateSync, br: brotliCompressSync };
    const sendPacked = (coding: string, payload: Buffer) => app.inject({ method: 'POST', url: '/v1/things', headers: { ...json, 'content-encoding': coding }, payload });

    it.each(Object.entries(pack))('is taken apart where it is %s', async (coding, packed) => {
      const answer = await sendPacked(coding, packed(Buffer.from('{"name":"a"}')));
      expect([answer.statusCode, answer.json()]).toEqual([201, { name: 'a' }]);
    });

    it.each(Object.entries(pack))('is refused where %s hides more than the limit, and not unpacked further', async (coding, packed) => {
      const bomb = packed(Buffer.alloc(64 * 1_048_576, ' '));
      const before = process.memoryUsage().arrayBuffers;
      // Small enough to get in: what it stands for is the matter.
      const answers = await Promise.all(Array.from({ length: 4 }, () => sendPacked(coding, bomb.subarray(0, 900))));
      for (const answer of answers) expect([answer.statusCode, answer.json()]).toEqual([413, expect.objectContaining({ code: 'body_too_large' })]);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1_048_576);
    });

    it('is refused where it is not packed so, and where nobody knows how', async () => {
      expect((await sendPacked('gzip', Buffer.from('{"name":"a"}'))).json()).toMatchObject({ status: 400, code: 'body_undecodable' });
      for (const coding of ['zstd', 'gzip, gzip', 'compress', 'constructor']) {
        const answer = await sendPacked(coding, gzipSync('{"name":"a"}'));
        expect([answer.json(), answer.headers['accept-encoding']]).toEqual([expect.objectContaining({ status: 415, code: 'content_encoding_unsupported' }), 'gzip, deflate, br']);
      }
      expect((await sendPacked('identity', Buffer.from('{"name":"a"}'))).statusCode).toBe(201);
    });
  });

  it('takes on one route what is too large for another', async () => {
    expect((await send('POST', '/v1/things/quiet', JSON.stringify({ name: 'a'.repeat(1_000) }))).statusCode).toBe(204);
  });

  it('names each invalid member by pointer', async () => {
    const answer = await send('POST', '/v1/things', '{"name":5,"size":"x"}');
    expect(answer.json<{ errors: { pointer: string }[] }>().errors.map((error) => error.pointer)).toEqual(expect.arrayContaining(['/name', '/size']));
  });

  it('carries extension members of a rejection', async () => {
    expect((await send('PATCH', '/v1/things/rejected', '{}')).json()).toMatchObject({ findings: [1] });
  });

  it('tells nothing of an unexpected error, to the caller or to the log', async () => {
    const answer = await send('PATCH', '/v1/things/boom', '{}');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('secret');
    expect(lines.join('')).not.toContain('secret internal detail');
    expect(lines.join('')).toContain('"code":"internal_error"');
  });

  it('answers no content without a body', async () => {
    const answer = await send('POST', '/v1/things/quiet');
    expect(answer.statusCode).toBe(204);
    expect(answer.body).toBe('');
  });

  it('logs the route and never the path that was called', async () => {
    await send('GET', '/v1/things/secret-path-part');
    expect(lines.join('')).toContain('"route":"/v1/things/:id"');
    expect(lines.join('')).not.toContain('secret-path-part');
  });
});

describe('closing', () => {
  it('lets the request in flight end, and closes an idle connection', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();

    @Controller('v1/slow')
    class SlowController {
      @Get()
      async wait() {
        enter();
        await released;
        return { done: true };
      }
    }
    @Module({ controllers: [SlowController] })
    class SlowModule {}

    const app = await createHttpApp(SlowModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    await fetch(`${url}/v1/nothing`).then((idle) => idle.text()); // leaves a kept-alive connection behind
    const answer = fetch(`${url}/v1/slow`);
    await entered;
    const closed = app.close();
    await eventually(() => expect(fetch(`${url}/v1/nothing`)).rejects.toThrow()); // nothing new comes in
    release();
    expect(await (await answer).json()).toEqual({ done: true });
    await closed;
  });

  it('serves what comes at the last moment, and ends its connection', async () => {
    @Controller('v1/late')
    class LateController {
      @Get()
      answer() {
        return { served: true };
      }
    }
    @Module({ controllers: [LateController] })
    class LateModule {}

    const app = await createHttpApp(LateModule, { logger: Logger.create({ service: 'test', level: 'silent', format: 'json' }) });
    let late: Response | undefined;
    // Fastify knows that it closes by now, and still listens.
    app.getHttpAdapter().getInstance().addHook('preClose', async () => {
      late = await fetch(`${await app.getUrl()}/v1/late`);
    });
    await app.listen(0, '127.0.0.1');
    await app.close();
    expect([late?.status, late?.headers.get('connection'), await late?.json()]).toEqual([200, 'close', { served: true }]);
  });
});
