import 'reflect-metadata';
import { Body, Controller, Delete, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { defineErrors } from '@plinth/kernel';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Type } from 'class-transformer';
import { IsArray, IsIn, IsInt, IsOptional, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { httpErrors } from '../http.errors.js';
import { PageQuery } from '../page-query.js';
import { UuidPipe } from '../validation.pipe.js';
import { apiDocument } from './api-document.js';
import { codesOf } from './problem-responses.js';
import { Accepts, Answers, Operation, Refuses, saysOfRoute, TellsErrorsAs } from './route-facts.js';
import { shape } from './shape.js';

const thingErrors = defineErrors({
  notFound: { code: 'thing_not_found', kind: 'not_found', detail: 'There is no such thing.', remedy: 'Check the id.' },
  taken: { code: 'thing_taken', kind: 'conflict', detail: 'The name is taken.', remedy: 'Choose another.' },
});
const away = defineErrors({ away: { code: 'store_away', kind: 'unavailable', detail: 'The store is away.', remedy: 'Wait.' } });

class PartDto {
  @IsInt()
  size!: number;
}

class ThingDto {
  @IsString()
  @Length(1, 10)
  name!: string;

  @IsOptional()
  @Matches(/^[a-z]+$/)
  tag?: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PartDto)
  parts!: PartDto[];
}

class ThingQuery extends PageQuery {
  @IsOptional()
  @IsIn(['old', 'new'])
  age?: string;
}

const thingShape = shape.named('Thing', shape.record({ id: shape.uuid(), name: shape.text(), note: shape.optional(shape.nullable(shape.text('A remark.'))) }));

@Controller('v1/things')
class ThingsController {
  @Get()
  @Operation('listThings', 'List things')
  @Answers(200, shape.page(thingShape))
  list(@Query() query: ThingQuery) {
    return query;
  }

  @Post()
  @Operation('createThing', 'Make a thing')
  @Answers(201, thingShape)
  @Refuses(thingErrors.taken)
  create(@Body() body: ThingDto) {
    return body;
  }

  @Get(':id')
  @Operation('getThing', 'Read a thing')
  @saysOfRoute({ security: 'caller', extensions: { 'x-plinth-capability': 'thing.read' } })
  @Answers(200, thingShape, { etag: true })
  @Refuses(thingErrors.notFound)
  get(@Param('id', UuidPipe) id: string) {
    return id;
  }

  @Patch(':id')
  @Operation('changeThing', 'Change a thing')
  @Answers(200, thingShape, { etag: true })
  change(@Param('id', UuidPipe) id: string) {
    return id;
  }

  @Post('question')
  @Operation('askThing', 'Ask')
  @Answers(200, thingShape, { etag: true, notModified: true })
  ask() {
    return {};
  }

  @Patch(':id/whole')
  @Operation('replaceThing', 'Put another in its place')
  @Answers(200, thingShape, { etag: true, ifMatch: 'required' })
  replace(@Param('id', UuidPipe) id: string) {
    return id;
  }

  @Delete(':id')
  @Operation('deleteThing', 'Delete a thing')
  @Answers(204)
  remove(@Param('id') id: string) {
    return id;
  }

  @Get('hidden')
  hidden() {
    return null;
  }
}

@Controller('v1/words')
@TellsErrorsAs('openai')
class WordsController {
  @Post()
  @Operation('ask', 'Ask')
  @Accepts(shape.named('Question', shape.openRecord({ text: shape.text() })))
  @Answers(200, shape.anyObject(), { contentTypes: ['application/json', 'text/event-stream'] })
  @Refuses(thingErrors.notFound)
  ask() {
    return {};
  }
}

const document = apiDocument({ title: 'things', controllers: [ThingsController, WordsController], common: [away.away] });

function operation(path: string, method: string) {
  const found = document.paths[path]?.[method];
  if (found === undefined) throw new Error(`${method} ${path} is not in the document`);
  return found;
}

const parameter = (path: string, method: string, name: string) => operation(path, method).parameters?.find((candidate) => candidate.name === name);

describe('the API document of a service', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Record<string, unknown>);
    expect(result).toMatchObject({ valid: true });
    expect(document.openapi).toBe('3.1.0');
  });

  it('has the routes with an operation, by path and method, and no other', () => {
    expect(Object.entries(document.paths).map(([path, operations]) => [path, Object.keys(operations)])).toEqual([
      ['/v1/things', ['get', 'post']],
      ['/v1/things/question', ['post']],
      ['/v1/things/{id}', ['get', 'patch', 'delete']],
      ['/v1/things/{id}/whole', ['patch']],
      ['/v1/words', ['post']],
    ]);
  });

  it('takes ids and summaries from the decorator, and tags from the controller', () => {
    expect(operation('/v1/things', 'post')).toMatchObject({ operationId: 'createThing', summary: 'Make a thing', tags: ['things'], security: [] });
  });

  it('describes path, query and paging parameters by their pipes and validators', () => {
    expect(parameter('/v1/things/{id}', 'get', 'id')).toEqual({ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } });
    expect(parameter('/v1/things/{id}', 'delete', 'id')?.schema).toEqual({ type: 'string' });
    expect(parameter('/v1/things', 'get', 'age')).toMatchObject({ in: 'query', required: false, schema: { enum: ['old', 'new'] } });
    expect(parameter('/v1/things', 'get', 'limit')?.schema).toEqual({ type: 'integer', minimum: 1, maximum: 200, default: 50 });
  });

  it('describes a body by its DTO, which takes no other member', () => {
    expect(operation('/v1/things', 'post').requestBody).toEqual({ required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/ThingDto' } } } });
    expect(document.components?.schemas?.['ThingDto']).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 10 },
        tag: { type: 'string', pattern: '^[a-z]+$' },
        parts: { type: 'array', items: { $ref: '#/components/schemas/PartDto' } },
      },
      required: ['name', 'parts'],
      additionalProperties: false,
    });
    expect(document.components?.schemas?.['PartDto']).toMatchObject({ required: ['size'] });
  });

  it('describes what is answered, each named shape once', () => {
    const answer = operation('/v1/things', 'post').responses['201'];
    expect(answer?.content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } });
    expect(Object.keys(answer?.headers ?? {})).toEqual(['X-Request-Id', 'Location']);
    expect(document.components?.schemas?.['Thing']).toEqual({
      type: 'object',
      properties: { id: { type: 'string', format: 'uuid' }, name: { type: 'string' }, note: { type: ['string', 'null'], description: 'A remark.' } },
      required: ['id', 'name'],
      additionalProperties: false,
    });
    expect(operation('/v1/things/{id}', 'delete').responses['204']).not.toHaveProperty('content');
  });

  it('has entity tags and conditions where the resource has them', () => {
    expect(operation('/v1/things/{id}', 'get').responses['200']?.headers).toHaveProperty('ETag');
    expect(operation('/v1/things/{id}', 'get').responses).toHaveProperty('304');
    expect(parameter('/v1/things/{id}', 'get', 'If-None-Match')).toBeDefined();
    expect(parameter('/v1/things/{id}', 'patch', 'If-Match')).toBeDefined();
    expect(codesOf(operation('/v1/things/{id}', 'patch').responses['412'] ?? { description: '' })).toEqual(['precondition_failed']);
    expect(operation('/v1/things', 'post').responses).not.toHaveProperty('412');
    expect(parameter('/v1/things/{id}/whole', 'patch', 'If-Match')).toMatchObject({ required: true });
    expect(operation('/v1/things/{id}/whole', 'patch').responses).toHaveProperty('428');
    expect(parameter('/v1/things/{id}', 'patch', 'If-Match')).toMatchObject({ required: false });
    // A question by POST is read again like a GET.
    expect(parameter('/v1/things/question', 'post', 'If-None-Match')).toBeDefined();
    expect(operation('/v1/things/question', 'post').responses).toHaveProperty('304');
    expect(operation('/v1/things/question', 'post').responses).not.toHaveProperty('412');
  });

  it.each([
    ['/v1/things', 'get', '400', ['cursor_invalid', 'query_invalid', 'url_malformed']],
    ['/v1/things', 'post', '400', ['body_required', 'body_undecodable', 'json_malformed', 'request_malformed', 'url_malformed']],
    ['/v1/things', 'post', '409', ['thing_taken']],
    ['/v1/things', 'post', '415', ['content_encoding_unsupported', 'content_type_unsupported']],
    ['/v1/things', 'post', '422', ['validation_failed']],
    ['/v1/things/{id}', 'get', '400', ['id_malformed', 'url_malformed']],
    ['/v1/things/{id}', 'get', '404', ['thing_not_found']],
    ['/v1/things/{id}', 'get', '406', ['not_acceptable']],
    ['/v1/things/{id}', 'get', '503', ['store_away']],
  ])('names the failures of %s %s with %s by their codes', (path, method, status, codes) => {
    expect(codesOf(operation(path, method).responses[status] ?? { description: '' })).toEqual(codes);
  });

  it('names who may call', () => {
    expect(operation('/v1/things/{id}', 'get')).toMatchObject({ 'x-plinth-capability': 'thing.read', security: [{ bearer: [] }, { apiKey: [] }, { sessionCookie: [] }] });
  });

  it('tells failures in the dialect of the route', () => {
    expect(operation('/v1/words', 'post').responses['404']?.content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/OpenAiError' } } });
    expect(operation('/v1/words', 'post').requestBody?.content).toEqual({ 'application/json': { schema: { $ref: '#/components/schemas/Question' } } });
  });

  it('refuses what contradicts itself', () => {
    @Controller('v1/things')
    class Twin {
      @Get()
      @Operation('listTwins', 'List')
      @Answers(200, thingShape)
      list() {
        return null;
      }
    }
    @Controller('v1/twins')
    class Namesake {
      @Get()
      @Operation('listThings', 'List')
      @Answers(200, thingShape)
      list() {
        return null;
      }
    }
    @Controller('v1/mute')
    class Mute {
      @Get()
      @Operation('sayNothing', 'Say nothing')
      list() {
        return null;
      }
    }
    const withAnother = (other: typeof Twin | typeof Namesake | typeof Mute) => () => apiDocument({ title: 'x', controllers: [ThingsController, other], common: [] });
    expect(withAnother(Twin)).toThrow('two routes for get /v1/things');
    expect(withAnother(Namesake)).toThrow('two routes are called listThings');
    expect(withAnother(Mute)).toThrow('does not say what it answers');
  });
});

describe('codesOf', () => {
  it('reads the codes of OpenAI-shaped failures from their description', () => {
    expect(codesOf(operation('/v1/words', 'post').responses['404'] ?? { description: '' })).toEqual([thingErrors.notFound.definition.code]);
    expect(codesOf(operation('/v1/words', 'post').responses['500'] ?? { description: '' })).toEqual([httpErrors.internal.definition.code]);
  });
});
