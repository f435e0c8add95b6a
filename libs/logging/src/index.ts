export { Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { LoggingModule } from './logging.module.js';
export { NestLogger } from './nest-logger.js';
export { describeError, type SafeFields } from './safe-fields.js';
