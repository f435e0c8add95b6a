export { ServiceModule, type ServiceOptions } from './service.module.js';
