import { pathToFileURL } from 'node:url';
import type { QuotaMetric, Tier } from '@plinth/contracts';
import { DatabaseSession } from '@plinth/database';
import { newId } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { QuotaClient } from '@plinth/quotas';
import { serviceTestConfig, TestDatabase, TestGateway } from '@plinth/testing';
import { TenantServiceConfig } from '../config.js';
import { createApp } from '../create-app.js';
import { migrations, schema } from '../migrations/index.js';
import { mailFolder, ownTestConfig } from '../testing.js';
import { LedgerClock } from './ledger-clock.js';

export const quietLogger = Logger.create({ service: 'tenant-service', level: 'silent', format: 'json' });

/** A window as the table has it. */
export interface WindowRow {
  readonly period: string | null;
  readonly limit: number;
  readonly settled: number;
  readonly reserved: number;
  readonly leased: number;
  readonly forfeited: number;
  readonly overrun: number;
  readonly closed: boolean;
}

/** A database with tenants, and as many replicas of the service on it as a test starts. */
export async function setupLedger() {
  const database = await TestDatabase.create([{ schema, migrations }]);
  const admin = await DatabaseSession.open(database.adminUrl, { applicationName: 'ledger-test' });
  const replicas: { close(): Promise<void> }[] = [];

  return {
    database,

    /** A replica of the service, called by its internal routes. */
    async startReplica() {
      const gateway = new TestGateway('tenant-service');
      const config = new TenantServiceConfig({
        ...serviceTestConfig(database, gateway, schema),
        ...ownTestConfig(pathToFileURL(mailFolder()).href),
      });
      const app = await createApp(config, quietLogger);
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
      replicas.push(app);
      const as = { type: 'service', id: 'gateway', tenantId: null, roles: [] } as const;
      const client = new QuotaClient({
        async request({ method = 'GET', path, headers, body }) {
          const identity = await gateway.headersFor(method, path, as);
          const answer = await app.inject({ method, url: path, headers: { ...headers, ...identity }, ...(body === undefined ? {} : { payload: Buffer.from(body) }) });
          return { status: answer.statusCode, headers: answer.headers as Record<string, string>, body: answer.rawPayload, cut: false };
        },
      });
      /** By an operator, at the service itself. */
      const reset = async (tenantId: string, metric: QuotaMetric): Promise<void> => {
        const path = `/v1/tenants/${tenantId}/quotas/reset`;
        const operator = { type: 'operator', id: newId(), tenantId: null, roles: ['PLATFORM_ADMIN'] } as const;
        const headers = { ...(await gateway.headersFor('POST', path, operator)), 'content-type': 'application/json', 'idempotency-key': newId() };
        const answer = await app.inject({ method: 'POST', url: path, headers, payload: { metric, reason: 'test' } });
        if (answer.statusCode !== 200) throw new Error(`the reset was answered ${answer.statusCode}: ${answer.body}`);
      };
      const closePeriods = async () => {
        const path = '/internal/v1/quotas/close-periods';
        const scheduler = { type: 'service', id: 'scheduler', tenantId: null, roles: [] } as const;
        const answer = await app.inject({ method: 'POST', url: path, headers: { ...(await gateway.headersFor('POST', path, scheduler)), 'content-type': 'application/json' }, payload: {} });
        if (answer.statusCode !== 200) throw new Error(`the call was answered ${answer.statusCode}: ${answer.body}`);
        return answer.json<{ closed: number; more: boolean }>();
      };
      return { app, client, reset, closePeriods, clock: app.get(LedgerClock) };
    },

    async newTenant({ timeZone = 'UTC', tier = 'free' }: { timeZone?: string; tier?: Tier } = {}): Promise<string> {
      const id = newId();
      await admin.query(
        `INSERT INTO tenancy.tenant (id, name, slug, status, tier, time_zone, settings, version, created_at, updated_at)
         VALUES ($1, 'Acme', $2, 'active', $3, $4, '{}', 1, now(), now())`,
        [id, `acme-${id}`, tier, timeZone],
      );
      return id;
    },

    async limit(tenantId: string, metric: QuotaMetric, units: number): Promise<void> {
      await admin.query(
        `INSERT INTO tenancy.quota_change (tenant_id, metric, kind, limit_units, reason, operator_id, at) VALUES ($1, $2, 'limit_set', $3, 'test', $4, now())`,
        [tenantId, metric, units, newId()],
      );
    },

    /** In the order in which they were opened. */
    async windows(tenantId: string, metric: QuotaMetric): Promise<WindowRow[]> {
      return await admin.query<WindowRow>(
        `SELECT period, limit_units::float8 AS "limit", settled::float8 AS settled, reserved::float8 AS reserved, leased::float8 AS leased,
           forfeited::float8 AS forfeited, overrun::float8 AS overrun, closed_at IS NOT NULL AS closed
         FROM tenancy.quota_window WHERE tenant_id = $1 AND metric = $2 ORDER BY starts_at, closed_at NULLS LAST`,
        [tenantId, metric],
      );
    },

    /** What was told of, in the order of telling: `2026-11 80`. */
    async thresholds(tenantId: string): Promise<string[]> {
      const rows = await admin.query<{ told: string }>(
        `SELECT concat_ws(' ', payload ->> 'period', payload ->> 'threshold') AS told FROM tenancy.event_outbox
         WHERE tenant_id = $1 AND event_type = 'quota.threshold_reached' ORDER BY sequence`,
        [tenantId],
      );
      return rows.map(({ told }) => told);
    },

    async query<T>(sql: string, parameters: readonly unknown[]): Promise<T[]> {
      return await admin.query<T>(sql, parameters);
    },

    async close(): Promise<void> {
      await Promise.all(replicas.map((replica) => replica.close()));
      await admin.close();
      await database.drop();
    },
  };
}
