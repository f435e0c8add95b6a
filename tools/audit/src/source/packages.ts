/**
 * Packages and what they can do, closed by default: one that stands in neither list is refused until somebody says
 * here whether it calls out.
 */

/** They exist to call out: any value import is a way out of the process. */
export const callingPackages: ReadonlySet<string> = new Set([
  ...['undici', 'axios', 'got', 'ky', 'node-fetch', 'superagent', 'request', 'needle', 'openai', '@openfeature/ofrep-core', '@openfeature/ofrep-provider', 'ws', 'socket.io-client'],
  ...['nodemailer', 'smtp-client', 'ssh2', 'ftp', 'ldapjs', 'amqplib', 'mqtt', 'nats', 'ioredis', 'redis'],
  ...['kafkajs', 'pg', 'pg-pool', 'typeorm-postgres', 'mysql2', 'mongodb', 'pg-boss'],
  ...['@aws-sdk/client-s3', 'minio', '@azure/storage-blob', '@google-cloud/storage', '@nestjs/axios', '@nestjs/terminus/http'],
  ...['@opentelemetry/exporter-trace-otlp-http', '@opentelemetry/exporter-trace-otlp-proto', '@opentelemetry/exporter-trace-otlp-grpc'],
  ...['child_process', 'cluster', 'worker_threads', 'autocannon'],
]);

/** Exports that call out, of modules with other uses. */
export const callingExports: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['http', new Set(['request', 'get', 'ClientRequest', 'Agent'])],
  ['https', new Set(['request', 'get', 'Agent'])],
  ['http2', new Set(['connect'])],
  ['net', new Set(['connect', 'createConnection', 'Socket'])],
  ['tls', new Set(['connect', 'TLSSocket'])],
  ['dgram', new Set(['createSocket', 'Socket'])],
  ['dns', new Set(['lookup', 'resolve', 'resolve4', 'resolve6', 'promises', 'Resolver'])],
  ['dns/promises', new Set(['lookup', 'resolve', 'resolve4', 'resolve6', 'Resolver'])],
  ['jose', new Set(['createRemoteJWKSet'])],
  ['typeorm', new Set(['DataSource'])],
  ['graphile-worker', new Set(['run', 'runOnce', 'runTaskList', 'runTaskListOnce', 'runMigrations', 'makeWorkerUtils', 'quickAddJob'])],
]);

/** Globals that call out. */
export const callingGlobals: ReadonlySet<string> = new Set(['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest']);

/** They reach nothing by themselves. A module of Node that is not among the callers is quiet too. */
export const quietPackages: ReadonlySet<string> = new Set([
  ...['@nestjs/common', '@nestjs/core', '@nestjs/microservices', '@nestjs/platform-fastify', '@nestjs/terminus', '@nestjs/typeorm'],
  ...['@node-rs/argon2', '@zxcvbn-ts/language-common', '@opentelemetry/api', '@opentelemetry/core', '@opentelemetry/resources', '@opentelemetry/semantic-conventions', '@opentelemetry/sdk-trace-base', '@opentelemetry/sdk-trace-node'],
  ...['ajv', 'ajv-formats', 'canonicalize', 'class-transformer', 'class-validator', 'class-validator-jsonschema', 'fastify', 'graphile-worker', 'opossum', 'otpauth'],
  ...['@openfeature/core', '@openfeature/server-sdk', 'pino', 'pino-pretty', 'prom-client', 'reflect-metadata', 'rxjs', 'typeorm', 'uuid', 'jose'],
]);
