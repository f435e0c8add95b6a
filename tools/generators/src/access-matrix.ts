import { businessRoles, capabilities, engineeringRoles, isPlatformCapability, platformRoles, roleMatches, tenantRoles, type Capability } from '@plinth/contracts';

/** Of the public API document, what says who may call. */
interface DescribedApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}
interface DescribedOperation {
  /** Empty where anybody may call. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly 'x-plinth-capability'?: string;
  readonly 'x-plinth-operator-capability'?: string;
}

/** Who is let in on a route; what is of another tenant is not found, whoever asks. */
export interface RouteAccess {
  /** Whoever has one of these; `anonymous` needs nothing. */
  readonly roles: readonly string[];
  /** The scope that a key needs, beside its maker's role: `any` where every key is let in, null where none is. */
  readonly keyScope: string | null;
}

const memberRoles = [...new Set<string>([...tenantRoles, ...businessRoles, ...engineeringRoles])];
const everybody = [...memberRoles, ...platformRoles];

/**
 * `GET /v1/tenants/{id}` to who is let in, of every route of the public API document: each role against each route, without
 * conditions on the resource and credentials.
 *
 * @throws Error for a capability that the catalogue does not have
 */
export function accessMatrix({ paths }: DescribedApi): Record<string, RouteAccess> {
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, accessOf(operation)] as const),
  );
  return Object.fromEntries(rows);
}

function accessOf({ security, 'x-plinth-capability': capability, 'x-plinth-operator-capability': operators }: DescribedOperation): RouteAccess {
  if (security.length === 0) return { roles: ['anonymous', ...everybody], keyScope: 'any' };
  const keys = security.some((way) => 'apiKey' in way);
  if (capability === undefined) return { roles: everybody, keyScope: keys ? 'any' : null };
  const asked = catalogued(capability);
  const roles = [...holdersOf(asked), ...(operators === undefined ? [] : holdersOf(catalogued(operators)))];
  return { roles, keyScope: keys && !isPlatformCapability(asked) ? asked : null };
}

function catalogued(name: string): Capability {
  if (!Object.hasOwn(capabilities, name)) throw new Error(`the catalogue has no capability ${name}`);
  return name as Capability;
}

function holdersOf(capability: Capability): string[] {
  // A platform's capability is operators' alone, a tenant's its members', whatever a grant names.
  const candidates: readonly string[] = isPlatformCapability(capability) ? platformRoles : memberRoles;
  return candidates.filter((role) => capabilities[capability].grants.some((grant) => roleMatches(grant.role, role)));
}

/** `docs/access-matrix.json`: a route a line, so that a change of who may call is one line of a diff. */
export function accessMatrixFile(matrix: Readonly<Record<string, RouteAccess>>): string {
  const lines = Object.entries(matrix).map(([route, access]) => `  ${JSON.stringify(route)}: ${JSON.stringify(access)}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
