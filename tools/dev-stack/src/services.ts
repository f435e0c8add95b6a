import { pathToFileURL } from 'node:url';
import { services as declared, urlVariableOf, type ServiceName } from '@plinth/contracts/services';
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
  environment(urls: ServiceUrls, home: Pick<Home, 'mail'>): Record<string, string>;
}

/** The base URL of each service by name. */
export type ServiceUrls = Readonly<Record<string, string>>;

type Needs = Pick<Service, 'secrets' | 'signsInternally' | 'environment'>;

/** What a service with idempotent writes and lists needs. */
const usual: Needs = { secrets: ['IDEMPOTENCY_SECRET', 'CURSOR_SECRET'], signsInternally: false, environment: () => ({}) };

/** What the others need instead: each gets the secrets that its configuration asks for, and no other. */
const special: Readonly<Partial<Record<ServiceName, Partial<Needs>>>> = {
  gateway: {
    secrets: ['COOKIE_SECRET'],
    signsInternally: true,
    environment: (urls) => ({ PLINTH_ISSUER: required(urls, 'gateway'), ...Object.fromEntries(declared.map(({ name }) => [urlVariableOf(name), required(urls, name)])) }),
  },
  'tenant-service': {
    // It asks audit-service before it certifies an erasure, and both for their parts of an archive.
    signsInternally: true,
    secrets: ['TOKEN_SIGNING_KEYS', 'IDEMPOTENCY_SECRET', 'CURSOR_SECRET', 'COOKIE_SECRET', 'SUBJECT_KEY_ENCRYPTION_KEY'],
    environment: (urls, { mail }) => ({
      PLINTH_ISSUER: required(urls, 'gateway'),
      [urlVariableOf('audit-service')]: required(urls, 'audit-service'),
      [urlVariableOf('ai-gateway')]: required(urls, 'ai-gateway'),
      REQUIRE_EMAIL_VERIFICATION: 'false',
      OPERATOR_SECOND_FACTOR: 'optional',
      SMTP_URL: pathToFileURL(mail).href,
      // There is no front end yet whose pages the links could lead to.
      PRODUCT_URL: required(urls, 'gateway'),
    }),
  },
  'audit-service': { secrets: ['AUDIT_SIGNING_KEYS', 'IDEMPOTENCY_SECRET', 'CURSOR_SECRET', 'SUBJECT_KEY_ENCRYPTION_KEY'] },
  // It has periods of quotas closed.
  scheduler: { signsInternally: true, environment: (urls) => ({ [urlVariableOf('tenant-service')]: required(urls, 'tenant-service') }) },
  // It takes tokens from the ledger of quotas.
  'ai-gateway': { secrets: ['IDEMPOTENCY_SECRET'], signsInternally: true, environment: (urls) => ({ [urlVariableOf('tenant-service')]: required(urls, 'tenant-service') }) },
};

/** Every service of the suite, with what it needs here. */
export const services: readonly Service[] = declared.map((service) => ({ ...service, ...usual, ...special[service.name] }));

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
