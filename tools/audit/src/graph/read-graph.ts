import 'reflect-metadata';
import { RequestMethod, type ExecutionContext } from '@nestjs/common';
import { EXCEPTION_FILTERS_METADATA, GUARDS_METADATA, INTERCEPTORS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { NestFactory } from '@nestjs/core';
import { PATTERN_METADATA, TRANSPORT_METADATA } from '@nestjs/microservices/constants.js';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ACCESS_METADATA, type AccessRule } from '@plinth/auth';
import { withoutIdentityReason } from '@plinth/http';
import { idempotencyPolicyOf } from '@plinth/idempotency';
import { EVENTS } from '@plinth/kafka';
import type { AppGraph, Class, Enhancers, GlobalEnhancer, HandlerNode, HttpMethod, RouteNode, WorkerNode } from './app-graph.ts';

type RootModule = Parameters<typeof NestFactory.create>[0];

/** What of Nest's container is read; its own types keep these private. */
interface Container {
  getModules(): ReadonlyMap<string, ModuleRef>;
}
interface ModuleRef {
  readonly metatype: Class;
  readonly controllers: ReadonlyMap<unknown, Wrapper>;
  readonly providers: ReadonlyMap<unknown, Wrapper>;
}
interface Wrapper {
  readonly metatype: unknown;
  readonly isAlias: boolean;
  readonly inject: readonly unknown[] | null | undefined;
}

const lifeCycle = ['onModuleInit', 'onApplicationBootstrap', 'beforeApplicationShutdown', 'onModuleDestroy', 'onApplicationShutdown'];
/** What `@plinth/worker` calls of a worker of ours. */
const workerMembers = ['runOnce', 'release', 'tellOutage', 'tellRecovery'];

/**
 * Reads an application's module graph in Nest's preview mode: modules are scanned, no provider is made, nothing
 * listens.
 *
 * @throws Error where the modules do not fit together
 */
export async function readGraph(name: string, module: RootModule): Promise<AppGraph> {
  const app = await NestFactory.create(module, new FastifyAdapter(), { preview: true, logger: false, abortOnError: false });
  const { container } = app as unknown as { readonly container: Container };
  const modules = [...container.getModules().values()];
  const controllers = modules.flatMap((ref) => [...ref.controllers.values()].map(({ metatype }) => metatype as Class));
  return {
    name,
    root: rootOf(module),
    modules: modules.map(({ metatype }) => metatype),
    routes: controllers.flatMap(routesOf),
    handlers: controllers.flatMap(handlersOf),
    workers: modules.flatMap(workersOf),
    globals: modules.flatMap(globalsOf),
  };
}

function rootOf(module: RootModule): Class {
  return (typeof module === 'function' ? module : (module as { module: Class }).module) as Class;
}

/** A method of a class or of one that it extends. */
function methodsOf(type: Class): readonly [string, object][] {
  const found = new Map<string, object>();
  for (let at = type.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const key of Object.getOwnPropertyNames(at)) {
      const value: unknown = Object.getOwnPropertyDescriptor(at, key)?.value;
      if (key !== 'constructor' && typeof value === 'function' && !found.has(key)) found.set(key, value);
    }
  }
  return [...found];
}

function routesOf(controller: Class): readonly RouteNode[] {
  const prefixes = [Reflect.getMetadata(PATH_METADATA, controller) as string | string[] | undefined].flat();
  return methodsOf(controller).flatMap(([methodName, handler]) => {
    const verb = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (verb === undefined) return [];
    const execution = { getHandler: () => handler, getClass: () => controller } as unknown as ExecutionContext;
    const paths = [Reflect.getMetadata(PATH_METADATA, handler) as string | string[] | undefined].flat();
    return prefixes.flatMap((prefix) =>
      paths.map((path) => ({
        controller,
        methodName,
        method: nameOf(verb),
        path: joined(prefix, path),
        access: (Reflect.getMetadata(ACCESS_METADATA, handler) ?? Reflect.getMetadata(ACCESS_METADATA, controller)) as AccessRule | undefined,
        idempotency: idempotencyPolicyOf(execution),
        withoutIdentity: withoutIdentityReason(execution),
        enhancers: enhancersOf(controller, handler),
      })),
    );
  });
}

function handlersOf(controller: Class): readonly HandlerNode[] {
  return methodsOf(controller).flatMap(([methodName, handler]) => {
    if (Reflect.getMetadata(TRANSPORT_METADATA, handler) !== EVENTS) return [];
    const events = [Reflect.getMetadata(PATTERN_METADATA, handler) as string | string[]].flat();
    return [{ controller, methodName, events, enhancers: enhancersOf(controller, handler) }];
  });
}

function workersOf(module: ModuleRef): readonly WorkerNode[] {
  return [...module.providers.entries()].flatMap(([token, { metatype, isAlias }]) => {
    if (isAlias || typeof metatype !== 'function' || token !== metatype) return [];
    const names = new Set(methodsOf(metatype as unknown as Class).map(([key]) => key));
    const hooks = [...lifeCycle, ...workerMembers].filter((hook) => names.has(hook));
    return !hooks.some((hook) => lifeCycle.includes(hook)) ? [] : [{ provider: metatype as unknown as Class, hooks }];
  });
}

const kinds = { APP_GUARD: 'guard', APP_INTERCEPTOR: 'interceptor', APP_FILTER: 'filter', APP_PIPE: 'pipe' } as const;

function globalsOf({ metatype: module, providers }: ModuleRef): readonly GlobalEnhancer[] {
  return [...providers.entries()].flatMap(([token, wrapper]) => {
    const kind = kinds[(/^APP_(?:GUARD|INTERCEPTOR|FILTER|PIPE)/.exec(String(token))?.[0] ?? '') as keyof typeof kinds];
    if (kind === undefined) return [];
    return [{ kind, type: typeOf(wrapper), module: module.name }];
  });
}

/** The class of `useClass` or `useExisting`; a factory's product cannot be known without running it. */
function typeOf({ metatype, isAlias, inject }: Wrapper): Class | undefined {
  const type = isAlias ? inject?.[0] : inject === undefined || inject === null ? metatype : undefined;
  return typeof type === 'function' ? (type as unknown as Class) : undefined;
}

function enhancersOf(controller: Class, handler: object): Enhancers {
  const names = (key: string) => [controller, handler].flatMap((target) => ((Reflect.getMetadata(key, target) as object[] | undefined) ?? []).map(className));
  return { guards: names(GUARDS_METADATA), interceptors: names(INTERCEPTORS_METADATA), filters: names(EXCEPTION_FILTERS_METADATA) };
}

function className(enhancer: object): string {
  return typeof enhancer === 'function' ? enhancer.name : enhancer.constructor.name;
}

function nameOf(verb: RequestMethod): HttpMethod {
  const name = RequestMethod[verb];
  const known: readonly string[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'ALL', 'OPTIONS', 'HEAD', 'SEARCH'];
  return known.includes(name) ? (name as HttpMethod) : 'OTHER';
}

function joined(prefix: string | undefined, path: string | undefined): string {
  const segments = [prefix, path].flatMap((part) => (part ?? '').split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
