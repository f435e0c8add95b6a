import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHttpApp } from '@plinth/http';
import type { Logger } from '@plinth/logging';
import { AppModule } from './app.module.js';
import type { SchedulerConfig } from './config.js';
import type { JobsOptions } from './jobs/jobs.module.js';

/**
 * The application, not yet listening. Reads nothing but its arguments, so several can run in one process.
 *
 * @param jobs what tests add to the service's own jobs
 */
export async function createApp(config: SchedulerConfig, logger: Logger, jobs: JobsOptions = {}): Promise<NestFastifyApplication> {
  return await createHttpApp(AppModule.forConfig(config, logger, jobs), { logger });
}
