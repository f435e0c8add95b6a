import { setTimeout as delay } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { guardProcess, type Logger } from '@plinth/logging';
import { drainingOf } from './draining.js';

/** Where a process listens, and how it leaves. */
export interface RunOptions {
  readonly host: string;
  readonly port: number;
  /** How long it serves on, not ready any more, before it closes; until whoever sends requests has noticed. */
  readonly drainDelayMs: number;
}

/**
 * The whole of a service's process: waits until the application is made, listens, and ends on SIGTERM or
 * SIGINT: first it is not ready any more, then requests in flight end, then modules close their pools and
 * clients. A second signal ends it at once. Exits 1 with one line where it cannot be made or the port
 * cannot be had.
 */
export async function runApp(making: Promise<NestFastifyApplication>, { host, port, drainDelayMs }: RunOptions, logger: Logger): Promise<void> {
  guardProcess(logger);
  const app = await making.catch((error: unknown) => {
    logger.error('cannot start', { error });
    process.exit(1);
  });
  let ending = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      logger.info('draining', { signal, delayMs: drainDelayMs });
      void end(app, drainDelayMs, logger);
    });
  }
  try {
    await app.listen(port, host);
  } catch (error) {
    logger.error('cannot listen', { host, port, error });
    process.exitCode = 1;
    await app.close();
    return;
  }
  logger.info('listening', { host, port });
}

async function end(app: NestFastifyApplication, drainDelayMs: number, logger: Logger): Promise<void> {
  drainingOf(app.getHttpServer()).begin();
  await delay(drainDelayMs);
  try {
    await app.close();
    process.exit(0);
  } catch (error) {
    logger.error('cannot close cleanly', { error });
    process.exit(1);
  }
}
