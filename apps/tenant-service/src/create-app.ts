import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '@plinth/http';
import { InboxTransport } from '@plinth/kafka';
import type { Logger } from '@plinth/logging';
import { AppModule } from './app.module.js';
import type { TenantServiceConfig } from './config.js';

/** The application, consuming events, not yet listening. Reads nothing but its arguments, so several can run in one process. Neither PostgreSQL nor Kafka need be there. */
export async function createApp(config: TenantServiceConfig, logger: Logger): Promise<NestFastifyApplication> {
  const app = await createHttpApp(AppModule.forConfig(config, logger), {
    logger,
    // What OpenFeature's clients call is theirs in its failures too.
    dialectOf: (path) => (path.startsWith('/ofrep/') ? 'ofrep' : 'problem'),
  });
  app.connectMicroservice({ strategy: app.get(InboxTransport, { strict: false }) });
  await app.startAllMicroservices();
  return app;
}
