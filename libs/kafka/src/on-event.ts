import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { eventName } from '@plinth/contracts';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { EventEnvelope } from './cloud-events.js';
import { stateKeptBy } from './latest-version-wins.js';

/** The transport of Plinth's events; handlers of any other transport are not seen by it. */
export const EVENTS = Symbol('plinth.events');

/** An event as its handler gets it: decoded, of a version that the handler names (an older one is upcast to it), and its payload fits that version's schema. */
export interface ReceivedEvent<T = unknown> extends EventEnvelope {
  readonly payload: T;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Nest's own filter turns every error into "Internal server error"; retries and dead letters need the error itself. */
@Catch()
class RethrowFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/**
 * Marks a controller's method as the handler of an event, in the versions named:
 *
 *     @OnEvent('audit.recorded', 1)
 *     async record(event: ReceivedEvent<AuditRecordedV1Payload>, tx: Tx): Promise<void>
 *
 * It runs inside the transaction that records the event in the inbox; what it throws rolls both back,
 * and the event is tried again. It stands above other decorators of the method, so that no exception
 * filter below it can turn a failure into a success.
 */
export function OnEvent(type: string, ...versions: Versions): MethodDecorator {
  return handlerOf(type, versions, {});
}

/**
 * As `OnEvent`, for a handler that many events a second must pass: it gets several at once, in one transaction.
 *
 *     @OnEventBatch('audit.recorded', 1)
 *     async record(events: readonly ReceivedEvent<AuditRecordedV1Payload>[], tx: Tx): Promise<void>
 *
 * They are consecutive events of one version and partition that the group has not handled yet: one at least, in order, of
 * any tenants, so the transaction speaks for none. What it throws rolls back all of them; halves are tried then, until the
 * event at fault stands alone. A batch must therefore have the effect that its events have one by one.
 */
export function OnEventBatch(type: string, ...versions: Versions): MethodDecorator {
  return handlerOf(type, versions, { [batches]: true });
}

/** Whether a handler was marked by `OnEventBatch`. @param extras that Nest hands over with it */
export function takesBatches(extras: Record<PropertyKey, unknown> | undefined): boolean {
  return extras?.[batches] === true;
}

/** The state that the handler's class keeps by `LatestVersionWins`. @param extras that Nest hands over with it */
export function stateOf(extras: Record<PropertyKey, unknown> | undefined): string | undefined {
  const handlers = extras?.[handlersClass];
  return typeof handlers === 'function' ? stateKeptBy(handlers) : undefined;
}

type Versions = readonly [number, ...number[]];

const batches = Symbol('plinth.batches');
// A class is decorated after its methods: what it is marked with is read when the handlers are called for.
const handlersClass = Symbol('plinth.handlers-class');

function handlerOf(type: string, versions: Versions, extras: Record<PropertyKey, unknown>): MethodDecorator {
  const register: MethodDecorator = (target, name, descriptor) =>
    EventPattern(versions.map((version) => eventName(type, version)), EVENTS, { ...extras, [handlersClass]: target.constructor })(target, name, descriptor);
  return applyDecorators(register, UseFilters(new RethrowFilter()), passTransaction);
}

/** Without this Nest passes the first argument only, and the transaction is the second. */
const passTransaction: MethodDecorator = (target, name) => {
  Payload()(target, name, 0);
  Ctx()(target, name, 1);
};
