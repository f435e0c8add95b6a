import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '@plinth/http';
import type { Logger } from '@plinth/logging';
import { AppModule } from './app.module.js';
import type { AiGatewayConfig } from './config.js';

/** The application, not yet listening. Reads nothing but its arguments, so several can run in one process. */
export async function createApp(config: AiGatewayConfig, logger: Logger): Promise<NestFastifyApplication> {
  return await createHttpApp(AppModule.forConfig(config, logger), {
    logger,
    keepBodyBytes: true,
    // All that is public here is reached by OpenAI's clients.
    dialectOf: (path) => (path.startsWith('/v1/') ? 'openai' : 'problem'),
  });
}
