export { ConfigModule } from './config.module.js';
export { configClass, ConfigError, type ConfigClass, type ConfigValues, type Environment } from './config-class.js';
export { choice, flag, hmacSecrets, integer, list, signingKeys, text, url, type ConfigField } from './field.js';
export {
  cookieSecrets,
  cursorSecrets,
  idempotencySecrets,
  internalSigningKeys,
  internalVerificationKeys,
  MigrateConfig,
  ownerFields,
  requireEmailVerification,
  serviceFields,
  subjectKeySecrets,
} from './service-fields.js';
