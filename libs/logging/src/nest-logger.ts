import type { LoggerService } from '@nestjs/common';
import { RuntimeException } from '@nestjs/core/errors/exceptions/runtime.exception.js';
import type { Logger } from './logger.js';

/**
 * Nest's own lines in our format. Its messages are built from class and route names, which are code;
 * what comes with an error is reduced to the error's class and frames. What Nest says of a mistake in the
 * modules stays readable, for it is the only one who knows: which provider it could not resolve.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  /** At `debug`: what Nest tells of its start is of use only to who looks for a fault. */
  log(message: unknown, context?: unknown): void {
    this.logger.debug('nest', named(message, context));
  }

  /** What Nest finds doubtful in modules and routes. */
  warn(message: unknown, context?: unknown): void {
    this.logger.warn('nest warns', named(message, context));
  }

  /** Of an error its class and frames; its first sentence too where Nest found the modules at fault. */
  error(message: unknown, stack?: unknown, context?: unknown): void {
    const error = message instanceof Error ? message : stack instanceof Error ? stack : undefined;
    const said = error instanceof RuntimeException ? firstSentence(error.message) : error === undefined ? message : undefined;
    this.logger.error('nest failed', { ...named(said, context), ...(error ? { error } : {}) });
  }
}

function firstSentence(text: string): string {
  return text.split(/[.\n] |\n/)[0] ?? '';
}

function named(message: unknown, context: unknown) {
  return {
    ...(typeof message === 'string' ? { name: message } : {}),
    ...(typeof context === 'string' ? { source: context } : {}),
  };
}
