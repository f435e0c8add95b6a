/** What the example of a library's README takes for granted: names that its reader has around, declared and no more. */
export const preludes: Readonly<Record<string, string>> = {
  auth: `
    import { Controller, Get, Module, Patch, Param } from '@nestjs/common';
    import { Access, activeTenant, InternalIdentityMinter, Public, ServiceAuthModule, ServiceCalls } from '@plinth/auth';
    import type { Destination } from '@plinth/resilience';
    import { Ctx, RequestContext } from '@plinth/http';
    declare const config: { internalKeys: readonly string[]; internalHmacSecrets: readonly Buffer[] };
    declare const minter: InternalIdentityMinter;
    declare const [destination, id]: [Destination, string];
    declare class TenantsService { update(ctx: RequestContext, id: string): Promise<object> }
    declare const project: { clientId: string; status: string };`,
  config: '',
  contracts: `
    import { defineEvent, field, upcastFrom } from '@plinth/contracts';
    declare const tenantId: string;`,
  database: `
    import { TenantUpdatedV1 } from '@plinth/contracts';
    import { databaseRules as rulesOf, Transactor, type Scope, type Tx } from '@plinth/database';
    import { idempotencyRules } from '@plinth/idempotency';
    import { outboxRules, type Outbox } from '@plinth/outbox';
    declare const schema: 'tenancy';
    interface Tenant { id: string; change(changes: object, now: Date): void }
    declare const tenants: { claimTenant(tx: Tx, id: string): Promise<Tenant>; save(tx: Tx, tenant: Tenant): Promise<void> };
    declare const [transactor, outbox, ctx]: [Transactor, Outbox, Scope];
    declare const [id, changes, now, sql, email]: [string, object, Date, string, string];`,
  flags: `
    import { Controller, Get } from '@nestjs/common';
    import { Access, ServiceCalls } from '@plinth/auth';
    import { configClass } from '@plinth/config';
    import { Ctx, RequestContext } from '@plinth/http';
    import { flagOverrides } from '@plinth/flags';
    class NotesConfig extends configClass({ flagOverrides: flagOverrides({ digests: 'boolean', 'digest-rows': 'number' }) }) {}
    declare class CallsModule {}
    declare const [tenantId, userId]: [string, string];`,
  health: `
    import { Transactor } from '@plinth/database';
    import { HealthModule } from '@plinth/health';
    import { KafkaProbe } from '@plinth/kafka';`,
  http: `
    import { Controller, Get, Param } from '@nestjs/common';
    import { Access } from '@plinth/auth';
    import type { Logger } from '@plinth/logging';
    import type { Shape } from '@plinth/http';
    import type { CataloguedError } from '@plinth/kernel';
    declare class TenantsService { get(ctx: RequestContext, id: string): Promise<object> }
    declare class AppModule {}
    declare const logger: Logger;
    declare const tenantShape: Shape;
    declare const tenantErrors: { readonly notFound: CataloguedError };`,
  idempotency: `
    import { Body, Controller, Param, Patch, Post } from '@nestjs/common';
    import { Access } from '@plinth/auth';
    import type { Tx } from '@plinth/database';
    import { created, Ctx, encodeAnswer, RequestContext, UuidPipe } from '@plinth/http';
    declare class UpdateTenantDto {}
    declare class TenantsService { update(ctx: RequestContext, id: string, changes: UpdateTenantDto): Promise<object> }
    declare class Mailer { send(letter: object, messageId: string): Promise<void> }
    declare class LettersRepository { insert(tx: Tx, letter: object): Promise<void> }`,
  kafka: `
    import { Controller } from '@nestjs/common';
    import type { NestFastifyApplication } from '@nestjs/platform-fastify';
    import type { AuditRecordedV1Payload } from '@plinth/contracts';
    import type { Transactor, Tx } from '@plinth/database';
    import type { Logger } from '@plinth/logging';
    declare class TrailService { append(tx: Tx, entries: readonly AuditRecordedV1Payload[]): Promise<void> }
    declare const [kafka, transactor, logger]: [KafkaClient, Transactor, Logger];
    declare const app: NestFastifyApplication;`,
  kernel: '',
  logging: `
    declare const [requestId, tenantId]: [string, string];
    declare function write(): Promise<void>;
    declare function keep(label: string): Promise<void>;`,
  outbox: `
    import { TenantUpdatedV1 } from '@plinth/contracts';
    import type { Scope, Transactor, Tx } from '@plinth/database';
    import type { Outbox } from '@plinth/outbox';
    declare const [transactor, outbox, ctx, tenant]: [Transactor, Outbox, Scope, { id: string }];
    declare const tenants: { save(tx: Tx, changed: object): Promise<void> };`,
  quotas: `
    import type { ServiceCalls } from '@plinth/auth';
    import type { Logger } from '@plinth/logging';
    import type { Metrics } from '@plinth/telemetry';
    declare const [calls, logger, metrics, tenantId, callId]: [ServiceCalls, Logger, Metrics, string, string];
    declare function callModel(): Promise<{ tokens: number }>;`,
  resilience: `
    import { Destination, HttpClient, OutsideCall, TenantTargets } from '@plinth/resilience';
    import type { Metrics } from '@plinth/telemetry';
    declare const config: { tenantServiceUrl: string };
    declare const [metrics, tenantId, endpoint, body, message]: [Metrics, string, { url: string }, string, object];
    declare class SmtpRefusal extends Error {}
    declare const transport: { send(message: object, options: { signal: AbortSignal }): Promise<void> };`,
  service: `
    import { Module, type DynamicModule } from '@nestjs/common';
    import type { ConfigValues, serviceFields } from '@plinth/config';
    import type { Logger } from '@plinth/logging';
    import { ServiceModule } from '@plinth/service';
    type SchedulerConfig = ConfigValues<typeof serviceFields>;
    declare class JobsModule {}`,
  telemetry: `
    import { atMostEvery, defineMetrics, Metrics, Tracing } from '@plinth/telemetry';
    declare const [metrics, tracing]: [Metrics, Tracing];
    declare const row: { id: string; traceparent: string };
    declare const headers: Record<string, string>;
    declare function send(headers: Record<string, string>): Promise<void>;
    declare function countUnpublished(): Promise<number>;`,
  testing: `
    import { Transactor, type Migration } from '@plinth/database';
    import { eventually, TestDatabase } from '@plinth/testing';
    declare const auditMigrations: readonly Migration[];
    declare function listEntries(): Promise<readonly object[]>;`,
  worker: `
    import { Injectable } from '@nestjs/common';
    import { Logger } from '@plinth/logging';
    import { Metrics } from '@plinth/telemetry';
    import { Worker, type NextRun } from '@plinth/worker';
    declare class Reminders { sendDue(count: number, signal: AbortSignal): Promise<number> }`,
};
