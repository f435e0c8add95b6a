import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { guardProcess, type Logger } from '@plinth/logging';

/**
 * The whole of a service's process: waits until the application is made, listens, and closes on SIGTERM or
 * SIGINT, when in-flight requests end first and modules close their pools and clients after them. Exits 1
 * with one line where it cannot be made or the port cannot be had.
 */
export async function runApp(making: Promise<NestFastifyApplication>, address: { host: string; port: number }, logger: Logger): Promise<void> {
  guardProcess(logger);
  const app = await making.catch((error: unknown) => {
    logger.error('cannot start', { error });
    process.exit(1);
  });
  app.enableShutdownHooks([], { useProcessExit: true });
  try {
    await app.listen(address.port, address.host);
  } catch (error) {
    logger.error('cannot listen', { host: address.host, port: address.port, error });
    process.exitCode = 1;
    await app.close();
    return;
  }
  logger.info('listening', { host: address.host, port: address.port });
}
