import type { Logger } from './logger.js';

/**
 * Takes over what Node itself would print to standard error, messages and all: an error that nobody caught
 * (a rejection too) ends the process with one line and exit code 1, a warning of the runtime becomes a line.
 * Once a process, before anything is started.
 */
export function guardProcess(logger: Logger): void {
  process.on('uncaughtException', (error) => {
    logger.error('nobody caught an error, the process ends', { error });
    process.exit(1);
  });
  // Node's own printer is a listener like any other.
  process.removeAllListeners('warning');
  process.on('warning', (error) => logger.warn('the runtime warns', { error }));
}
