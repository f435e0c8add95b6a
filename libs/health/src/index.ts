export { checkTimeoutMs, DependencyChecks, type DependencyCheck } from './dependency-check.js';
export { HealthModule, type HealthModuleOptions } from './health.module.js';
