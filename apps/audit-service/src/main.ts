import { runApp } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { AuditServiceConfig } from './config.js';
import { createApp } from './create-app.js';

const config = AuditServiceConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'audit-service', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
