import { services, type ServiceName } from '@plinth/contracts';

/** The services that the gateway forwards to: all others. */
export type UpstreamName = Exclude<ServiceName, 'gateway'>;

export const upstreamNames: readonly UpstreamName[] = services.map(({ name }) => name).filter((name) => name !== 'gateway');

/** A value for each of them, under its name. */
export function perUpstream<T>(valueOf: (name: UpstreamName) => T): Readonly<Record<UpstreamName, T>> {
  return Object.fromEntries(upstreamNames.map((name) => [name, valueOf(name)])) as Record<UpstreamName, T>;
}
