/** A deployable service: its name, its PostgreSQL schema and its offset from `PLINTH_PORT_BASE`. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly schema: string;
  readonly portOffset: number;
}

export type ServiceName =
  | 'gateway'
  | 'tenant-service'
  | 'audit-service'
  | 'ai-gateway'
  | 'outbox-relay'
  | 'scheduler';

export const services: readonly ServiceDefinition[] = [
  { name: 'gateway', schema: 'gateway', portOffset: 0 },
  { name: 'tenant-service', schema: 'tenancy', portOffset: 1 },
  { name: 'audit-service', schema: 'audit', portOffset: 2 },
  { name: 'ai-gateway', schema: 'ai', portOffset: 3 },
  { name: 'outbox-relay', schema: 'relay', portOffset: 4 },
  { name: 'scheduler', schema: 'scheduler', portOffset: 5 },
];

/** The database roles of a schema: owner (migrations only), app (row-level security), system (few named queries). */
export interface SchemaRoles {
  readonly owner: string;
  readonly app: string;
  readonly system: string;
}

export function rolesOf(schema: string): SchemaRoles {
  return { owner: `plinth_${schema}_owner`, app: `plinth_${schema}_app`, system: `plinth_${schema}_system` };
}

/** The PostgreSQL schema that a service owns. */
export function schemaOf(name: ServiceName): string {
  const service = services.find((candidate) => candidate.name === name);
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service.schema;
}
