import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from '@plinth/logging';

/**
 * Listens, and closes on SIGTERM or SIGINT: in-flight requests end first, then pools and clients are
 * closed by their modules. Exits 1 with one line where the port cannot be had.
 */
export async function runApp(app: NestFastifyApplication, address: { host: string; port: number }, logger: Logger): Promise<void> {
  app.enableShutdownHooks([], { useProcessExit: true });
  try {
    await app.listen(address.port, address.host);
  } catch (error) {
    logger.error('cannot listen', { ...address, code: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    process.exitCode = 1;
    await app.close();
    return;
  }
  logger.info('listening', address);
}
