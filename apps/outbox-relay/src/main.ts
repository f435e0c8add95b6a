import { runApp } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { OutboxRelayConfig } from './config.js';
import { createApp } from './create-app.js';

const config = OutboxRelayConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'outbox-relay', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
