/** The administrator's URL of the PostgreSQL that tests use. @throws Error with one clear line where it is not set */
export function testDatabaseUrl(): string {
  return required('PLINTH_TEST_DATABASE_URL');
}

/** The brokers that tests use. @throws Error with one clear line where they are not set */
export function testKafkaBrokers(): string[] {
  return required('PLINTH_TEST_KAFKA_BROKERS').split(',');
}

function required(variable: string): string {
  // The test runner hands its servers over in the environment.
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the tests by "make test" or "make test-integration", which start the servers`);
  return value;
}
