import { UserError } from './output.ts';
import { homeAt } from './paths.ts';
import { settingsFrom } from './settings.ts';

describe('settingsFrom', () => {
  const home = homeAt('/nowhere/.plinth');

  it('starts embedded servers at 8080 where nothing is said', () => {
    expect(settingsFrom({}, home)).toEqual({ portBase: 8080, kafkaLibs: '/nowhere/.plinth/kafka-libs', passThrough: {} });
  });

  it('takes empty variables for absent ones, as a copied .env.example has them', () => {
    expect(settingsFrom({ DATABASE_URL: '', KAFKA_BROKERS: '', LOG_LEVEL: '' }, home)).toEqual(settingsFrom({}, home));
  });

  it('uses the servers that are named', () => {
    expect(settingsFrom({ DATABASE_URL: 'postgresql://a@b/c', KAFKA_BROKERS: 'one:9092, two:9092' }, home)).toMatchObject({
      databaseUrl: 'postgresql://a@b/c',
      kafkaBrokers: ['one:9092', 'two:9092'],
    });
  });

  it('hands on to the services what the contract names, and nothing else', () => {
    const environment = { LOG_LEVEL: 'debug', FLAG_NEW_TRAIL: 'true', OPENAI_API_KEY: 'k', PORT: '1', APP_DATABASE_URL: 'x', EDITOR: 'vi' };
    expect(settingsFrom(environment, home).passThrough).toEqual({ LOG_LEVEL: 'debug', FLAG_NEW_TRAIL: 'true', OPENAI_API_KEY: 'k' });
  });

  it('refuses a port base that is none', () => {
    expect(() => settingsFrom({ PLINTH_PORT_BASE: '99999' }, home)).toThrow(UserError);
  });
});
