import { configClass } from './config-class.js';
import { choice, flag, hmacSecrets, integer, list, signingKeys, text, url } from './field.js';

const postgres = ['postgres:', 'postgresql:'];

/** The fields that every service has; an app's config spreads them: `configClass({ ...serviceFields, ... })`. */
export const serviceFields = {
  host: text('HOST', { description: 'Address to listen on.', fallback: '127.0.0.1' }),
  port: integer('PORT', { description: 'Port to listen on; 0 takes a free one.', min: 0, max: 65_535 }),
  drainDelayMs: integer('DRAIN_DELAY_MS', {
    description: 'How long the service serves on after SIGTERM, not ready any more, before it closes.',
    min: 0,
    max: 60_000,
    fallback: 2_000,
  }),
  logLevel: choice('LOG_LEVEL', {
    description: 'Least severe level that is logged.',
    values: ['debug', 'info', 'warn', 'error', 'silent'],
    fallback: 'info',
  }),
  logFormat: choice('LOG_FORMAT', {
    description: 'json (one object a line) or pretty (for people).',
    values: ['json', 'pretty'],
    fallback: 'json',
  }),
  appDatabaseUrl: url('APP_DATABASE_URL', {
    description: "The service's _app role: row-level security applies.",
    protocols: postgres,
    secret: true,
  }),
  systemDatabaseUrl: url('SYSTEM_DATABASE_URL', {
    description: "The service's _system role: the named queries that cross tenants.",
    protocols: postgres,
    secret: true,
  }),
  databasePoolSize: integer('DATABASE_POOL_SIZE', {
    description: 'Connections of each of the two pools.',
    min: 1,
    max: 100,
    fallback: 10,
  }),
  kafkaBrokers: list('KAFKA_BROKERS', { description: 'Comma-separated host:port of the Kafka brokers.' }),
  otlpEndpoint: url('OTEL_EXPORTER_OTLP_ENDPOINT', {
    description: 'Collector that takes traces by OTLP over HTTP, e.g. http://localhost:4318; without it none are made.',
    protocols: ['http:', 'https:'],
    fallback: '',
  }),
  internalHmacSecrets: hmacSecrets('INTERNAL_HMAC_SECRET', {
    description: 'Signs each request between services; the first signs, all verify.',
  }),
} as const;

/** What `migrate.ts` of a service needs, and nothing else of it does. */
export const ownerFields = {
  ownerDatabaseUrl: url('OWNER_DATABASE_URL', {
    description: "The service's owner role: migrations only.",
    protocols: postgres,
    secret: true,
  }),
} as const;

/** The configuration of every `migrate.ts`. */
export class MigrateConfig extends configClass(ownerFields) {}

/** For a service that only verifies internal identities: `pub.` entries are enough. */
export const internalVerificationKeys = signingKeys('INTERNAL_SIGNING_KEYS', {
  description: 'Ed25519 keys of the internal identity; pub. entries where the service only verifies.',
  signs: false,
});

/** For a service that mints internal identities (the gateway, and who calls other services). */
export const internalSigningKeys = signingKeys('INTERNAL_SIGNING_KEYS', {
  description: 'Ed25519 keys of the internal identity; the first, a seed, signs.',
  signs: true,
});

export const idempotencySecrets = hmacSecrets('IDEMPOTENCY_SECRET', {
  description: 'Keys the look-up and the encryption of kept answers; the first is current.',
});

export const subjectKeySecrets = hmacSecrets('SUBJECT_KEY_ENCRYPTION_KEY', {
  description: 'Encrypts what is kept of people under keys of their own, and their second factors; the first encrypts, all decrypt.',
});

export const cursorSecrets = hmacSecrets('CURSOR_SECRET', {
  description: 'Signs the cursors of lists; the first signs, all verify.',
});

export const cookieSecrets = hmacSecrets('COOKIE_SECRET', {
  description: 'Makes the CSRF tokens of cookie sessions; the first makes them, all are taken.',
});

export const requireEmailVerification = flag('REQUIRE_EMAIL_VERIFICATION', {
  description: 'A new tenant stays pending until its owner has verified the e-mail address.',
  fallback: true,
});
