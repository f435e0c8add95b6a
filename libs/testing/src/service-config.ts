import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './test-database.js';
import type { TestGateway } from './test-gateway.js';

/** Nobody listens there: a service with these brokers runs as it does while Kafka is away. */
export const absentKafka: readonly string[] = ['127.0.0.1:1'];

/** What the configurations of all services with routes have in common, for one on a test's database, called by a test's gateway. */
export function serviceTestConfig(database: TestDatabase, gateway: TestGateway, schema: string) {
  return {
    host: '127.0.0.1',
    port: 0,
    logLevel: 'info',
    logFormat: 'json',
    appDatabaseUrl: database.appUrl(schema),
    systemDatabaseUrl: database.systemUrl(schema),
    databasePoolSize: 5,
    kafkaBrokers: absentKafka,
    drainDelayMs: 0,
    otlpEndpoint: '',
    internalHmacSecrets: gateway.internalHmacSecrets,
    internalKeys: gateway.internalKeys,
    idempotencySecrets: [randomBytes(32)],
  } as const;
}

/** As `serviceTestConfig`, for a service in a process of its own; all with this gateway and these secrets are replicas of each other. */
export function serviceTestEnvironment(database: TestDatabase, gateway: TestGateway, schema: string, idempotencySecret: Buffer): Record<string, string> {
  return {
    LOG_LEVEL: 'warn',
    // Nobody polls its readiness.
    DRAIN_DELAY_MS: '0',
    APP_DATABASE_URL: database.appUrl(schema),
    SYSTEM_DATABASE_URL: database.systemUrl(schema),
    KAFKA_BROKERS: absentKafka.join(','),
    INTERNAL_HMAC_SECRET: gateway.internalHmacSecrets.map((secret) => secret.toString('base64url')).join(','),
    INTERNAL_SIGNING_KEYS: gateway.internalKeys.join(','),
    IDEMPOTENCY_SECRET: idempotencySecret.toString('base64url'),
  };
}
