export { guardProcess } from './guard-process.js';
export { Logger, type LoggerOptions, type LogLevel } from './logger.js';
export { LoggingModule } from './logging.module.js';
export { NestLogger } from './nest-logger.js';
export { errorLabel } from './error-description.js';
export { looksSensitive } from './masking.js';
export type { SafeFields } from './safe-fields.js';
