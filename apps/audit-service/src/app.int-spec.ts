import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from '@plinth/logging';
import { testKafkaBrokers } from '@plinth/testing';
import { AuditServiceConfig } from './config.js';
import { createApp } from './create-app.js';
import { bootAuditService } from './testing.js';

async function health(app: NestFastifyApplication, path: string) {
  const answer = await app.inject({ method: 'GET', url: path });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

describe('the health of audit-service', () => {
  it('is ok with its database and Kafka', async () => {
    const service = await bootAuditService({ brokers: testKafkaBrokers() });
    try {
      expect(await health(service.app, '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok', degraded: [] } });
    } finally {
      await service.close();
    }
  });

  it('is degraded, and ready, while Kafka is away', async () => {
    const service = await bootAuditService();
    try {
      expect(await health(service.app, '/health/ready')).toMatchObject({ status: 200, body: { status: 'degraded', degraded: ['kafka'] } });
    } finally {
      await service.close();
    }
  });

  it('is not ready, and alive, while the database is away', async () => {
    const service = await bootAuditService();
    const nobody = 'postgres://nobody@127.0.0.1:1/none';
    const config = new AuditServiceConfig({ ...service.config, appDatabaseUrl: nobody, systemDatabaseUrl: nobody });
    const app = await createApp(config, Logger.create({ service: 'audit-service', level: 'silent', format: 'json' }));
    try {
      await app.init();
      await app.getHttpAdapter().getInstance().ready();
      expect(await health(app, '/health/ready')).toMatchObject({ status: 503, body: { health: { details: { database: { status: 'down' } } } } });
      expect((await health(app, '/health/live')).status).toBe(200);
      expect((await health(app, '/health')).status).toBe(200);
    } finally {
      await app.close();
      await service.close();
    }
  });
});

describe('the configuration of audit-service', () => {
  it('needs a key that signs, and says all that is missing at once', () => {
    const publicOnly = { AUDIT_SIGNING_KEYS: `pub.${'A'.repeat(43)}` };
    expect(() => AuditServiceConfig.fromEnvironment(publicOnly)).toThrow(/AUDIT_SIGNING_KEYS must begin with a seed/);
    expect(() => AuditServiceConfig.fromEnvironment(publicOnly)).toThrow(/PORT[^]*APP_DATABASE_URL[^]*KAFKA_BROKERS/);
  });
});
