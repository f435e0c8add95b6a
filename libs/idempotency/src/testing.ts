import { Body, Controller, HttpCode, Injectable, Module, Post, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { DatabaseModule, Transactor, type Migration } from '@plinth/database';
import { anonymous, contextOf, createHttpApp, created, Ctx, encodeAnswer, RequestContext, type Principal } from '@plinth/http';
import { newId, Problem, reject } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { TestDatabase } from '@plinth/testing';
import type { FastifyRequest } from 'fastify';
import { ExternalCalls } from './external-calls.js';
import { IdempotencyModule } from './idempotency.module.js';
import { Idempotent } from './idempotent.js';
import { idempotencyMigrations } from './migrations.js';

const schema = 'sample';

const effects: Migration = {
  name: '0001_effects',
  up: `CREATE TABLE sample.effect (id uuid PRIMARY KEY, what text NOT NULL); GRANT SELECT, INSERT ON sample.effect TO plinth_sample_app;`,
  down: 'DROP TABLE sample.effect;',
};

interface Wish {
  /** What the effect is recorded as. */
  readonly what: string;
  /** How the handler ends after it. */
  readonly then?: 'throw' | 'reject' | 'unavailable' | 'retryable' | 'unknown' | 'crash';
}

/** The other side of `POST /letters`: notes what it was called with, and answers when it is told to. */
export class Outside {
  readonly calls: string[] = [];
  private readonly waiting: (() => void)[] = [];
  holding = false;

  async send(key: string): Promise<void> {
    this.calls.push(key);
    if (this.holding) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  release(): void {
    this.holding = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

@Injectable()
class EffectsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly calls: ExternalCalls,
    private readonly outside: Outside,
  ) {}

  async make(ctx: RequestContext, { what, then }: Wish) {
    return await this.transactor.run(ctx, async (tx) => {
      const id = newId();
      await tx.query('INSERT INTO sample.effect VALUES ($1, $2)', [id, what]);
      if (then === 'throw') throw new Problem('thrown', 'conflict');
      if (then === 'unavailable') throw new Problem('away', 'unavailable');
      if (then === 'reject') return reject(new Problem('rejected', 'conflict'));
      return created({ id, what }, `/effects/${id}`, { etag: `"${what}"` });
    });
  }

  async send(ctx: RequestContext, { what, then }: Wish) {
    await this.outside.send(await this.calls.begin(ctx));
    if (then === 'crash') throw new Error('between the call and its record');
    const id = newId();
    const answer = created({ id, what }, `/letters/${id}`);
    const outcome = then === 'retryable' || then === 'unknown' ? then : encodeAnswer(answer, 201);
    await this.calls.end(ctx, outcome, (tx) => tx.query('INSERT INTO sample.effect VALUES ($1, $2)', [id, what]));
    if (typeof outcome === 'string') throw new Problem('not_sent', 'bad_gateway');
    return answer;
  }
}

@Controller()
class EffectsController {
  constructor(private readonly effects: EffectsService) {}

  @Post('effects')
  @Idempotent()
  make(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.make(ctx, wish);
  }

  @Post('others')
  @Idempotent()
  makeOther(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.make(ctx, wish);
  }

  @Post('undeclared')
  @HttpCode(202)
  makeUndeclared(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.make(ctx, wish);
  }

  @Post('sign-ups')
  @Idempotent({ subject: (body) => body['account'] })
  signUp(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.make(ctx, wish);
  }

  @Post('letters')
  @Idempotent({ external: { leaseSeconds: 60 } })
  send(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.send(ctx, wish);
  }

  @Post('letters-undeclared')
  @Idempotent()
  sendUndeclared(@Ctx() ctx: RequestContext, @Body() wish: Wish) {
    return this.effects.send(ctx, wish);
  }
}

/** By the name under which a request tells its caller. */
const callers = new Map<string, Principal>();

/** Stands for the identity guard: whom the request speaks for is what the test says. */
class PrincipalGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    contextOf(request).actAs(callers.get(String(request.headers['x-caller'])) ?? anonymous);
    return true;
  }
}

export function someUser(tenantId: string = newId()): Principal {
  return { type: 'user', id: newId(), tenantId, roles: [] };
}

export const sampleDatabase = () => TestDatabase.create([{ schema, migrations: [...idempotencyMigrations(schema), effects] }]);

interface Send {
  readonly as?: Principal;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A replica of a service with keyed routes, on a database that it may share with others. */
export async function bootSample(database: TestDatabase, secrets: readonly Buffer[]) {
  const outside = new Outside();
  const logLines: string[] = [];
  @Module({
    imports: [
      DatabaseModule.forRoot({ appDatabaseUrl: database.appUrl(schema), systemDatabaseUrl: database.systemUrl(schema), poolSize: 4, applicationName: 'sample' }),
      IdempotencyModule.forRoot({ schema, secrets }),
    ],
    controllers: [EffectsController],
    providers: [EffectsService, { provide: Outside, useValue: outside }, { provide: APP_GUARD, useClass: PrincipalGuard }],
  })
  class SampleModule {}
  const logger = Logger.create({ service: 'sample', level: 'debug', format: 'json', destination: { write: (line) => void logLines.push(line) } });
  const app = await createHttpApp(SampleModule, { logger });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();

  return {
    outside,
    logLines,

    async post(path: string, body: unknown, { as, key, headers }: Send = {}) {
      const caller = newId();
      if (as !== undefined) callers.set(caller, as);
      const answer = await app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/json', 'x-caller': caller, ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
        payload: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const { location, etag, 'idempotent-replayed': replayed, 'retry-after': retryAfter } = answer.headers;
      const json: { id?: string; code?: string } = answer.body === '' ? {} : answer.json();
      return { status: answer.statusCode, text: answer.body, json, location, etag, replayed: replayed === 'true', retryAfter };
    },

    close: () => app.close(),
  };
}

export type Sample = Awaited<ReturnType<typeof bootSample>>;
