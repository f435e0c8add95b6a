import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { PinoPretty } from 'pino-pretty';
import { standardOutput } from './standard-output.js';
import { safeFields, type SafeFields } from './safe-fields.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Where lines go; standard output unless a test collects them. */
  readonly destination?: DestinationStream;
}

/**
 * Structured logs: a constant message and fields from the allow-list (`SafeFields`). One JSON
 * object a line; JSON escapes CR and LF, so a value cannot forge a line.
 */
export class Logger {
  private constructor(private readonly pino: PinoLogger) {}

  static create(options: LoggerOptions): Logger {
    const settings = { level: options.level, base: { service: options.service }, timestamp: pino.stdTimeFunctions.isoTime };
    if (options.format === 'pretty') {
      const stream = PinoPretty({ ignore: 'pid,hostname', sync: true, destination: options.destination ?? standardOutput });
      return new Logger(pino(settings, stream));
    }
    return new Logger(pino(settings, options.destination ?? standardOutput));
  }

  debug(message: string, fields: SafeFields = {}): void {
    if (this.pino.isLevelEnabled('debug')) this.pino.debug(safeFields(fields), message);
  }

  info(message: string, fields: SafeFields = {}): void {
    this.pino.info(safeFields(fields), message);
  }

  warn(message: string, fields: SafeFields = {}): void {
    this.pino.warn(safeFields(fields), message);
  }

  error(message: string, fields: SafeFields = {}): void {
    this.pino.error(safeFields(fields), message);
  }
}
