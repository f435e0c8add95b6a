import { runApp } from '@plinth/http';
import { Logger } from '@plinth/logging';
import { SchedulerConfig } from './config.js';
import { createApp } from './create-app.js';

const config = SchedulerConfig.fromEnvironment(process.env);
const logger = Logger.create({ service: 'scheduler', level: config.logLevel, format: config.logFormat });
await runApp(createApp(config, logger), config, logger);
