export { CommitGate } from './commit-gate.js';
export { FakeCollector, type CollectedSpan } from './fake-collector.js';
export { eventually } from './eventually.js';
export { familiesOf, labelValuesOf, seriesOf } from './scrape.js';
export { absentKafka, serviceTestConfig, serviceTestEnvironment } from './service-config.js';
export { ServiceProcess } from './service-process.js';
export { randomSeed, TestGateway } from './test-gateway.js';
export { TestDatabase, type TestSchema } from './test-database.js';
export { testDatabaseUrl, testKafkaBrokers } from './test-servers.js';
