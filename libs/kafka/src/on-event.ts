import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { eventName } from '@plinth/contracts';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { EventEnvelope } from './cloud-events.js';

/** The transport of Plinth's events; handlers of any other transport are not seen by it. */
export const EVENTS = Symbol('plinth.events');

/** An event as its handler gets it: decoded, and its payload fits the registered schema. */
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
export function OnEvent(type: string, ...versions: readonly [number, ...number[]]): MethodDecorator {
  return applyDecorators(
    EventPattern(versions.map((version) => eventName(type, version)), EVENTS),
    UseFilters(new RethrowFilter()),
    passTransaction,
  );
}

/** Without this Nest passes the first argument only, and the transaction is the second. */
const passTransaction: MethodDecorator = (target, name) => {
  Payload()(target, name, 0);
  Ctx()(target, name, 1);
};
