export { eventually } from './eventually.js';
export { TestDatabase, type TestSchema } from './test-database.js';
export { testDatabaseUrl, testKafkaBrokers } from './test-servers.js';
