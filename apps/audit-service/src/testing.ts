import { randomBytes } from 'node:crypto';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import { Transactor } from '@plinth/database';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { absentKafka, bootService, randomSeed } from '@plinth/testing';
import { AuditServiceConfig } from './config.js';
import { createApp } from './create-app.js';
import { migrations, schema } from './migrations/index.js';
import { TrailService } from './trail/trail.service.js';

export { memberOf } from '@plinth/testing';

interface BootOptions {
  /** By default there is no Kafka. */
  readonly brokers?: readonly string[];
  readonly auditKeys?: readonly string[];
  readonly subjectKeySecrets?: readonly Buffer[];
}

/** The service on a database of its own, called as the gateway calls it. */
export async function bootAuditService({ brokers = absentKafka, auditKeys = [randomSeed()], subjectKeySecrets = [randomBytes(32)] }: BootOptions = {}) {
  const service = await bootService({
    ...{ name: 'audit-service', schema, migrations },
    createApp: (values, logger) =>
      createApp(
        new AuditServiceConfig({
          ...values,
          kafkaBrokers: brokers,
          cursorSecrets: [randomBytes(32)],
          auditKeys,
          subjectKeySecrets,
          // A group of its own: a stack on the same brokers has the real one.
          consumerGroup: `audit-service-${newId()}`,
        }),
        logger,
      ),
  });
  const { app, database } = service;
  const transactor = app.get(Transactor);
  const trail = app.get(TrailService);

  /** Without an Idempotency-Key, which no route here needs. */
  async function call(method: 'GET' | 'POST' | 'DELETE', path: string, as?: Principal, headers: Record<string, string> = {}) {
    const answer = await service.call(method, path, { key: null, headers, ...(as === undefined ? {} : { as }) });
    return { ...answer, json: () => answer.json<Record<string, never>>() };
  }

  return {
    ...service,
    config: app.get(AuditServiceConfig),
    transactor,
    call,

    /** Appends each in a transaction of its own, one after the other. */
    async record(...payloads: readonly AuditRecordedV1Payload[]): Promise<void> {
      for (const payload of payloads) await this.recordTogether(payload);
    },

    /** Appends all in one transaction, as the consumer does with what comes together. */
    async recordTogether(...payloads: readonly AuditRecordedV1Payload[]): Promise<void> {
      await transactor.runSystem('append_audit_entries', (tx) => trail.append(tx, payloads));
    },

    /** What a superuser does who gets past the triggers. */
    async tamper(sql: string): Promise<void> {
      await database.query(`SET session_replication_role = replica; ${sql}`);
    },
  };
}

export type AuditServiceUnderTest = Awaited<ReturnType<typeof bootAuditService>>;

/** An event's payload as another service's outbox would hold it. */
export function somePayload(tenantId: string, changes: Partial<AuditRecordedV1Payload> = {}): AuditRecordedV1Payload {
  return {
    entryId: newId(),
    tenantId,
    occurredAt: '2026-11-22T08:00:00.123Z',
    actor: { type: 'user', id: '0199c5f2-7d31-7c52-9a44-1f0e5b8f2a10' },
    action: 'tenant.update',
    resource: { type: 'tenant', id: tenantId },
    outcome: 'success',
    ip: '203.0.113.7',
    userAgent: 'Example/1.0',
    requestId: 'req-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    reason: null,
    before: { name: 'Acme', settings: { theme: 'light' } },
    after: { name: 'Acme Ltd', settings: { theme: 'dark' }, contactEmail: 'jane@example.com' },
    personal: ['/after/contactEmail'],
    ...changes,
  };
}
