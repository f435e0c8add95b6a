import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '@plinth/http';
import type { Logger } from '@plinth/logging';
import { AppModule } from './app.module.js';
import type { GatewayConfig } from './config.js';
import { hardenServer } from './hardening/harden-server.js';
import { keepMetricsPrivate } from './hardening/private-metrics.js';
import { routeToProxy } from './proxy/proxy.routes.js';

/** The application, not yet listening. Reads nothing but its arguments, so several can run in one process. */
export async function createApp(config: GatewayConfig, logger: Logger): Promise<NestFastifyApplication> {
  const app = await createHttpApp(AppModule.forConfig(config, logger), {
    logger,
    parseBodies: false,
    // A missing Host is refused by the proxy, with a problem document, which Node would not send.
    server: { requireHostHeader: false },
  });
  hardenServer(app.getHttpServer(), logger);
  keepMetricsPrivate(app);
  routeToProxy(app);
  return app;
}
