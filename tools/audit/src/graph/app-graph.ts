import type { AccessRule } from '@plinth/auth';
import type { IdempotencyPolicy } from '@plinth/idempotency';

/** A class as the running application would have it. */
export type Class = abstract new (...args: never[]) => object;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ALL' | 'OPTIONS' | 'HEAD' | 'SEARCH' | 'OTHER';

/** A route of a service, as its controller's metadata declare it. */
export interface RouteNode {
  readonly controller: Class;
  readonly methodName: string;
  readonly method: HttpMethod;
  /** From `/` on, with `:name` for parameters. */
  readonly path: string;
  readonly access: AccessRule | undefined;
  readonly idempotency: IdempotencyPolicy | undefined;
  /** Why it is answered without the internal identity, where it is. */
  readonly withoutIdentity: string | undefined;
  readonly enhancers: Enhancers;
}

/** A method that takes events from Kafka. */
export interface HandlerNode {
  readonly controller: Class;
  readonly methodName: string;
  /** `<type>.v<version>`, each. */
  readonly events: readonly string[];
  readonly enhancers: Enhancers;
}

/** A provider that works by itself from the application's start on. */
export interface WorkerNode {
  readonly provider: Class;
  readonly hooks: readonly string[];
}

/** What is bound to a controller or one of its methods, by class name. */
export interface Enhancers {
  readonly guards: readonly string[];
  readonly interceptors: readonly string[];
  readonly filters: readonly string[];
}

/** A guard, interceptor, filter or pipe that stands before every route, in the order of registration. */
export interface GlobalEnhancer {
  readonly kind: 'guard' | 'interceptor' | 'filter' | 'pipe';
  /** Undefined for one that a factory makes, of which nobody can say what it is without running it. */
  readonly type: Class | undefined;
  readonly module: string;
}

/** What an application is made of, read from Nest's container; nothing of it was instantiated. */
export interface AppGraph {
  readonly name: string;
  readonly root: Class;
  readonly modules: readonly Class[];
  readonly routes: readonly RouteNode[];
  readonly handlers: readonly HandlerNode[];
  readonly workers: readonly WorkerNode[];
  readonly globals: readonly GlobalEnhancer[];
}
