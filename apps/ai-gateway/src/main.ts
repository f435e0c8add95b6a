import { runApp } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { AiGatewayConfig } from './config.js';
import { createApp } from './create-app.js';

const config = AiGatewayConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'ai-gateway', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
