import type { FastifyInstance } from 'fastify';

interface KnownRoute {
  readonly pattern: RegExp;
  readonly method: string;
}

/** The methods of each path, for `Allow`: Fastify alone answers 404 for a known path under another method. */
export class RouteMethods {
  private readonly routes: KnownRoute[] = [];

  /** Must be called before the routes are registered. */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method }) => {
      // A catch-all stands for what has no route.
      if (url.includes('*')) return;
      const pattern = patternOf(url);
      for (const name of [method].flat()) this.routes.push({ pattern, method: name });
    });
  }

  /**
   * @param path without its query
   * @returns sorted; empty for a path that is no route's
   */
  allowedFor(path: string): readonly string[] {
    const methods = this.routes.filter((route) => route.pattern.test(path)).map((route) => route.method);
    return [...new Set(methods)].sort();
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)))
    .join('/');
  return new RegExp(`^${source}/?$`);
}
