export { Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { NestLogger } from './nest-logger.js';
export { describeError, type SafeFields } from './safe-fields.js';
