import { runApp } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { GatewayConfig } from './config.js';
import { createApp } from './create-app.js';

const config = GatewayConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'gateway', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
