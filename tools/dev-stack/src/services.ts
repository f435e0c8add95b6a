import { secretFile, verificationSuffix, type SecretName } from './secrets.ts';
import type { Home } from './paths.ts';

/** What the stack knows of a service: its place, and what of the environment it needs. */
export interface Service {
  readonly name: string;
  readonly schema: string;
  readonly portOffset: number;
  readonly secrets: readonly SecretName[];
  /** Whether it mints internal identities; the others get the public keys alone. */
  readonly signsInternally: boolean;
  environment(urls: ServiceUrls): Record<string, string>;
}

/** The base URL of each service by name. */
export type ServiceUrls = Readonly<Record<string, string>>;

const none = (): Record<string, string> => ({});

/** Every service, in the order of contract.md's port offsets. */
export const services: readonly Service[] = [
  {
    name: 'gateway',
    schema: 'gateway',
    portOffset: 0,
    secrets: [],
    signsInternally: true,
    environment: (urls) => ({
      PLINTH_ISSUER: required(urls, 'gateway'),
      TENANT_SERVICE_URL: required(urls, 'tenant-service'),
      AUDIT_SERVICE_URL: required(urls, 'audit-service'),
      AI_GATEWAY_URL: required(urls, 'ai-gateway'),
      OUTBOX_RELAY_URL: required(urls, 'outbox-relay'),
      SCHEDULER_URL: required(urls, 'scheduler'),
    }),
  },
  {
    name: 'tenant-service',
    schema: 'tenancy',
    portOffset: 1,
    secrets: ['TOKEN_SIGNING_KEYS', 'IDEMPOTENCY_SECRET', 'CURSOR_SECRET'],
    signsInternally: false,
    environment: (urls) => ({ PLINTH_ISSUER: required(urls, 'gateway'), REQUIRE_EMAIL_VERIFICATION: 'false' }),
  },
  {
    name: 'audit-service',
    schema: 'audit',
    portOffset: 2,
    secrets: ['AUDIT_SIGNING_KEYS', 'IDEMPOTENCY_SECRET', 'CURSOR_SECRET'],
    signsInternally: false,
    environment: none,
  },
  { name: 'ai-gateway', schema: 'ai', portOffset: 3, secrets: ['IDEMPOTENCY_SECRET'], signsInternally: false, environment: none },
  {
    name: 'outbox-relay',
    schema: 'relay',
    portOffset: 4,
    secrets: ['IDEMPOTENCY_SECRET', 'CURSOR_SECRET'],
    signsInternally: false,
    environment: none,
  },
  { name: 'scheduler', schema: 'scheduler', portOffset: 5, secrets: ['IDEMPOTENCY_SECRET', 'CURSOR_SECRET'], signsInternally: false, environment: none },
];

export function serviceUrls(portBase: number): ServiceUrls {
  return Object.fromEntries(services.map((service) => [service.name, `http://127.0.0.1:${portBase + service.portOffset}`]));
}

/** `<NAME>_FILE` of each secret that the service needs, and of no other. */
export function secretVariables(home: Home, service: Service): Record<string, string> {
  const shared: SecretName[] = ['INTERNAL_HMAC_SECRET', ...service.secrets];
  return {
    ...Object.fromEntries(shared.map((name) => [`${name}_FILE`, secretFile(home, name)])),
    INTERNAL_SIGNING_KEYS_FILE: secretFile(home, 'INTERNAL_SIGNING_KEYS', service.signsInternally ? '' : verificationSuffix),
  };
}

function required(urls: ServiceUrls, name: string): string {
  const url = urls[name];
  if (url === undefined) throw new Error(`there is no service ${name}`);
  return url;
}
