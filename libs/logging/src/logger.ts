import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { standardOutput } from './standard-output.js';
import { safeFields, safeMessage, type SafeFields } from './safe-fields.js';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** For which service, from which level on and in what form is logged; `pretty` is for people at a terminal. */
export interface LoggerOptions {
  readonly service: string;
  readonly level: LogLevel;
  readonly format: 'json' | 'pretty';
  /** Where lines go; standard output unless a test collects them. */
  readonly destination?: DestinationStream;
}

/**
 * Structured logs: a constant message and fields from the allow-list (`SafeFields`), in whose values what
 * looks sensitive is masked. One JSON object a line; no value can break a line or reach a terminal's controls.
 */
export class Logger {
  private constructor(private readonly pino: PinoLogger) {}

  /** Each line names the service, and its time in ISO 8601 (UTC). */
  static create(options: LoggerOptions): Logger {
    const settings = { level: options.level, base: { service: options.service }, timestamp: pino.stdTimeFunctions.isoTime };
    const destination = options.destination ?? standardOutput;
    return new Logger(pino(settings, options.format === 'pretty' ? forPeople(destination) : destination));
  }

  /** What only somebody who looks for a fault wants to see. @param message a literal, so that lines can be counted by it */
  debug(message: string, fields: SafeFields = {}): void {
    this.write('debug', message, fields);
  }

  /** What happened. @param message a literal */
  info(message: string, fields: SafeFields = {}): void {
    this.write('info', message, fields);
  }

  /** What is not as it should be, and mends itself or is somebody else's fault. @param message a literal */
  warn(message: string, fields: SafeFields = {}): void {
    this.write('warn', message, fields);
  }

  /** What needs a person. @param message a literal */
  error(message: string, fields: SafeFields = {}): void {
    this.write('error', message, fields);
  }

  private write(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: SafeFields): void {
    if (this.pino.isLevelEnabled(level)) this.pino[level](safeFields(fields), safeMessage(message));
  }
}

/** pino-pretty's own stream writes through a worker or a pipe of streams; its formatter is all that is needed. */
function forPeople(destination: DestinationStream): DestinationStream {
  const format = prettyFactory({ ignore: 'pid,hostname', colorize: process.stdout.isTTY });
  return { write: (line) => destination.write(format(line)) };
}
