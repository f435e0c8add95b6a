/**
 * Every deployable service: its name, its PostgreSQL schema, its offset from `PLINTH_PORT_BASE`. All that starts, migrates,
 * forwards to, reads from, purges, lints or documents a service learns of it here, and nowhere else.
 */
const all = [
  { name: 'gateway', schema: 'gateway', portOffset: 0 },
  { name: 'tenant-service', schema: 'tenancy', portOffset: 1 },
  { name: 'audit-service', schema: 'audit', portOffset: 2 },
  { name: 'ai-gateway', schema: 'ai', portOffset: 3 },
  { name: 'outbox-relay', schema: 'relay', portOffset: 4 },
  { name: 'scheduler', schema: 'scheduler', portOffset: 5 },
] as const satisfies readonly { name: string; schema: string; portOffset: number }[];

export type ServiceName = (typeof all)[number]['name'];

/** What the others know of a service. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly schema: string;
  /** 0 to 99; PostgreSQL and Kafka have what follows. */
  readonly portOffset: number;
}

export const services: readonly ServiceDefinition[] = all;

/** The variable by which others learn where a service listens: `TENANT_SERVICE_URL`. */
export function urlVariableOf(name: ServiceName): string {
  return `${name.toUpperCase().replaceAll('-', '_')}_URL`;
}

/** The database roles of a schema: owner (migrations only), app (row-level security), system (few named queries). */
export interface SchemaRoles {
  readonly owner: string;
  readonly app: string;
  readonly system: string;
}

/** Made of the schema's name, so that nobody configures them: `plinth_<schema>_owner`, `_app`, `_system`. */
export function rolesOf(schema: string): SchemaRoles {
  return { owner: `plinth_${schema}_owner`, app: `plinth_${schema}_app`, system: `plinth_${schema}_system` };
}

/** The PostgreSQL schema that a service owns. */
export function schemaOf(name: ServiceName): string {
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service.schema;
}
