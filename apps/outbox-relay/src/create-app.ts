import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '@plinth/http';
import type { Logger } from '@plinth/logging';
import { AppModule } from './app.module.js';
import type { OutboxRelayConfig } from './config.js';

/**
 * The application, not yet listening. Reads nothing but its arguments, so several can run in one process.
 *
 * @param redriveGroups the consumer groups that a dead letter can be sent to again
 */
export async function createApp(config: OutboxRelayConfig, logger: Logger, redriveGroups?: readonly string[]): Promise<NestFastifyApplication> {
  return await createHttpApp(AppModule.forConfig(config, logger, redriveGroups), { logger });
}
