export { eventually } from './eventually.js';
export { familiesOf, labelValuesOf, seriesOf } from './scrape.js';
export { absentKafka, serviceTestConfig } from './service-config.js';
export { randomSeed, TestGateway } from './test-gateway.js';
export { TestDatabase, type TestSchema } from './test-database.js';
export { testDatabaseUrl, testKafkaBrokers } from './test-servers.js';
