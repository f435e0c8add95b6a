import { Catch, Controller, Module, UseFilters, UseGuards, type CanActivate, type ExceptionFilter, type INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { Tx } from '@plinth/database';
import { isObservable, lastValueFrom, of, throwError, type Observable } from 'rxjs';
import { LatestVersionWins } from './latest-version-wins.js';
import { EVENTS, OnEvent, OnEventBatch, stateOf, takesBatches, type ReceivedEvent } from './on-event.js';

class HandlersOnly extends Server implements CustomTransportStrategy {
  override readonly transportId = EVENTS;
  override readonly propagatesEventHandlerErrors = true;
  listen(callback: () => void): void {
    callback();
  }
  close(): void {}
  on(): void {}
  unwrap<T>(): T {
    return undefined as T;
  }
}

@Catch()
class SwallowEverything implements ExceptionFilter {
  catch(): Observable<string> {
    return of('swallowed');
  }
}

const refuse: CanActivate = { canActivate: () => false };
const failure = Object.assign(new Error('of the handler'), { code: 'H1' });

@Controller()
@UseFilters(new SwallowEverything())
class SampleHandlers {
  @OnEvent('sample.seen', 1, 2)
  async see(event: ReceivedEvent<number>, tx: Tx): Promise<unknown> {
    return [event, tx];
  }

  @OnEventBatch('sample.counted', 1)
  async count(events: readonly ReceivedEvent<number>[], tx: Tx): Promise<unknown> {
    return [events, tx];
  }

  @OnEvent('sample.failed', 1)
  async fail(): Promise<void> {
    throw failure;
  }

  @OnEvent('sample.failed', 2)
  @UseFilters(new SwallowEverything())
  failLater(): Observable<never> {
    return throwError(() => failure);
  }

  @OnEvent('sample.guarded', 1)
  @UseGuards(refuse)
  guarded(): void {}
}

@Controller()
@LatestVersionWins('sample_status')
class StatusHandlers {
  @OnEvent('sample.begun', 1)
  begin(): void {}

  @OnEventBatch('sample.ended', 1)
  end(): void {}
}

@Module({ controllers: [SampleHandlers, StatusHandlers] })
class SampleModule {}

describe('OnEvent', () => {
  let app: INestMicroservice;
  let handlers: Map<string, MessageHandler>;

  beforeAll(async () => {
    const strategy = new HandlersOnly();
    app = await NestFactory.createMicroservice(SampleModule, { strategy, logger: false });
    await app.listen();
    handlers = strategy.getHandlers();
  });
  afterAll(() => app.close());

  async function call(name: string, event: unknown = {}, tx: unknown = {}): Promise<unknown> {
    const result: unknown = await handlers.get(name)?.(event, tx);
    return isObservable(result) ? lastValueFrom(result) : result;
  }

  it('registers a handler for each version', () => {
    expect([...handlers.keys()].sort()).toEqual(['sample.begun.v1', 'sample.counted.v1', 'sample.ended.v1', 'sample.failed.v1', 'sample.failed.v2', 'sample.guarded.v1', 'sample.seen.v1', 'sample.seen.v2']);
  });

  it('passes the event and the transaction', async () => {
    const event = { id: 'e' };
    const tx = { query: 'q' };
    const passed = (await call('sample.seen.v2', event, tx)) as unknown[];
    expect(passed[0]).toBe(event);
    expect(passed[1]).toBe(tx);
  });

  it('passes several events and their transaction where batches are asked for, and says so', async () => {
    const events = [{ id: 'e' }, { id: 'f' }];
    const tx = { query: 'q' };
    const passed = (await call('sample.counted.v1', events, tx)) as unknown[];
    expect(passed[0]).toBe(events);
    expect(passed[1]).toBe(tx);
    expect([...handlers].filter(([, { extras }]) => takesBatches(extras)).map(([name]) => name).sort()).toEqual(['sample.counted.v1', 'sample.ended.v1']);
  });

  it('says of all handlers of a class which state the class keeps, and of others none', () => {
    const states = [...handlers].map(([name, { extras }]) => [name, stateOf(extras)]).filter(([, state]) => state !== undefined);
    expect(Object.fromEntries(states)).toEqual({ 'sample.begun.v1': 'sample_status', 'sample.ended.v1': 'sample_status' });
  });

  it('lets the error itself through, past filters that would swallow it', async () => {
    await expect(call('sample.failed.v1')).rejects.toBe(failure);
    await expect(call('sample.failed.v2')).rejects.toBe(failure);
  });

  it('fails an event that a guard refuses', async () => {
    await expect(call('sample.guarded.v1')).rejects.toThrow();
  });
});
