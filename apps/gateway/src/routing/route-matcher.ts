import type { GatewayRoute } from './route-table.js';

/** What the table says of a method and a path. */
export type RouteMatch =
  | { readonly kind: 'route'; readonly route: GatewayRoute }
  /** The path exists under these methods; empty for a path that does not, where the method is refused everywhere. */
  | { readonly kind: 'other_methods'; readonly allow: readonly string[] }
  | { readonly kind: 'unknown' };

interface Node {
  readonly literals: Map<string, Node>;
  param: Node | undefined;
  readonly routes: Map<string, GatewayRoute>;
  own: boolean;
}

const emptyNode = (): Node => ({ literals: new Map(), param: undefined, routes: new Map(), own: false });

/**
 * Finds the route of a path: segment by segment, exactly as written. No decoding, no case folding,
 * no merging of slashes: two ways to write a path would be two answers to who may call it.
 */
export class RouteMatcher {
  private readonly root = emptyNode();

  /**
   * @param own paths that the gateway answers itself, all with GET
   * @throws Error for two routes with the same method and shape
   */
  constructor(table: readonly GatewayRoute[], own: readonly string[]) {
    for (const route of table) {
      const node = this.nodeFor(route.path);
      if (node.routes.has(route.method)) throw new Error(`Two routes for ${route.method} ${route.path}`);
      node.routes.set(route.method, route);
    }
    for (const path of own) this.nodeFor(path).own = true;
  }

  /** @param path begins with `/`, without the query */
  match(method: string, path: string): RouteMatch {
    const node = find(this.root, path.split('/'), 1);
    if (node === undefined) return method === 'TRACE' ? { kind: 'other_methods', allow: [] } : { kind: 'unknown' };
    // HEAD is GET without the answer's body.
    const route = node.routes.get(method === 'HEAD' ? 'GET' : method);
    return route === undefined ? { kind: 'other_methods', allow: allowed(node) } : { kind: 'route', route };
  }

  private nodeFor(path: string): Node {
    let node = this.root;
    for (const segment of path.split('/').slice(1)) {
      let next = isParam(segment) ? node.param : node.literals.get(segment);
      if (next === undefined) {
        next = emptyNode();
        if (isParam(segment)) node.param = next;
        else node.literals.set(segment, next);
      }
      node = next;
    }
    return node;
  }
}

/** A literal segment wins over a parameter; the parameter is tried where the literal leads nowhere. */
function find(node: Node, segments: readonly string[], at: number): Node | undefined {
  const segment = segments[at];
  if (segment === undefined) return node.routes.size > 0 || node.own ? node : undefined;
  const literal = node.literals.get(segment);
  const found = literal === undefined ? undefined : find(literal, segments, at + 1);
  if (found !== undefined || segment === '' || node.param === undefined) return found;
  return find(node.param, segments, at + 1);
}

function allowed(node: Node): readonly string[] {
  const methods = new Set(node.routes.keys());
  if (node.own) methods.add('GET');
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods, 'OPTIONS'].sort();
}

function isParam(segment: string): boolean {
  return segment.startsWith('{') && segment.endsWith('}');
}
