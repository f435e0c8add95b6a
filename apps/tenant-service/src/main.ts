import { Logger } from '@plinth/logging';
import { runApp } from '@plinth/http';
import { TenantServiceConfig } from './config.js';
import { createApp } from './create-app.js';

const config = TenantServiceConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'tenant-service', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
