import fc from 'fast-check';
import { RouteMatcher } from './route-matcher.js';
import { ownPaths, routeTable, type GatewayRoute } from './route-table.js';

const matcher = new RouteMatcher(routeTable, ownPaths);

/** A segment as a caller may send it: not empty, no slash. */
const segment = fc.stringMatching(/^[A-Za-z0-9._~-]{1,40}$/);

/** A route of the table and a path of its shape. */
const routeAndPath = fc.constantFrom(...routeTable).chain((route) =>
  fc.tuple(...route.path.split('/').map((part) => (part.startsWith('{') ? segment : fc.constant(part)))).map((parts) => ({ route, path: parts.join('/') })),
);

describe('RouteMatcher over the route table', () => {
  it('finds every route by any path of its shape', () => {
    fc.assert(
      fc.property(routeAndPath, ({ route, path }) => {
        expect(matcher.match(route.method, path)).toEqual({ kind: 'route', route });
      }),
    );
  });

  it('takes HEAD as GET, and no other method as another', () => {
    fc.assert(
      fc.property(routeAndPath, fc.constantFrom('HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'), ({ path }, method) => {
        const match = matcher.match(method, path);
        if (match.kind === 'route') expect(match.route.method).toBe(method === 'HEAD' ? 'GET' : method);
        else expect(match).toEqual({ kind: 'other_methods', allow: expect.not.arrayContaining([method === 'OPTIONS' ? 'none' : method]) });
      }),
    );
  });

  it('knows no path with an empty segment, wherever that is', () => {
    fc.assert(
      fc.property(routeAndPath, fc.nat(), ({ route, path }, at) => {
        const segments = path.split('/');
        const withEmpty = segments.toSpliced(1 + (at % segments.length), 0, '').join('/');
        expect(matcher.match(route.method, withEmpty)).toEqual({ kind: 'unknown' });
      }),
    );
  });

  it('never throws, and matches random paths to nothing', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(matcher.match('GET', `/${text}`).kind).toBe('unknown');
      }),
    );
  });

  it('is case sensitive and does not decode', () => {
    for (const path of ['/V1/policies', '/v1/Policies', '/v1/%70olicies', '/v1//policies', '/v1/policies?']) {
      expect(matcher.match('GET', path)).toEqual({ kind: 'unknown' });
    }
  });

  it('names the methods of a known path', () => {
    expect(matcher.match('DELETE', '/v1/tenants/1')).toEqual({ kind: 'other_methods', allow: ['GET', 'HEAD', 'OPTIONS', 'PATCH'] });
    expect(matcher.match('GET', '/v1/auth/login')).toEqual({ kind: 'other_methods', allow: ['OPTIONS', 'POST'] });
    expect(matcher.match('POST', '/health/ready')).toEqual({ kind: 'other_methods', allow: ['GET', 'HEAD', 'OPTIONS'] });
  });

  it('refuses TRACE everywhere, also where there is nothing', () => {
    expect(matcher.match('TRACE', '/nowhere')).toEqual({ kind: 'other_methods', allow: [] });
    expect(matcher.match('TRACE', '/v1/policies').kind).toBe('other_methods');
  });
});

describe('RouteMatcher', () => {
  const route = (method: GatewayRoute['method'], path: GatewayRoute['path']): GatewayRoute => ({
    method,
    path,
    upstream: 'tenant-service',
    access: 'principal',
    bodyLimitBytes: 1,
    firstByteTimeoutMs: 1,
  });

  it('prefers a literal segment, and tries the parameter where the literal leads nowhere', () => {
    const me = route('GET', '/v1/users/me');
    const one = route('GET', '/v1/users/{id}');
    const keys = route('GET', '/v1/users/{id}/keys');
    const routes = new RouteMatcher([me, one, keys], []);
    expect(routes.match('GET', '/v1/users/me')).toEqual({ kind: 'route', route: me });
    expect(routes.match('GET', '/v1/users/you')).toEqual({ kind: 'route', route: one });
    expect(routes.match('GET', '/v1/users/me/keys')).toEqual({ kind: 'route', route: keys });
  });

  it('refuses a table with two routes for one method and shape', () => {
    expect(() => new RouteMatcher([route('GET', '/a/{id}'), route('GET', '/a/{name}')], [])).toThrow('Two routes for GET /a/{name}');
  });
});
