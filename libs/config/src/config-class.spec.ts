import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { format } from 'node:util';
import { configClass, ConfigError } from './config-class.js';
import { choice, flag, hmacSecrets, integer, list, signingKeys, url } from './field.js';

class SampleConfig extends configClass({
  port: integer('PORT', { description: 'Port.', min: 0, max: 65_535 }),
  verbose: flag('VERBOSE', { description: 'Verbose.', fallback: false }),
  level: choice('LEVEL', { description: 'Level.', values: ['low', 'high'], fallback: 'low' }),
  brokers: list('BROKERS', { description: 'Brokers.' }),
  database: url('DATABASE', { description: 'Database.', protocols: ['postgres:'], secret: true }),
  secrets: hmacSecrets('SECRETS', { description: 'Secrets.' }),
  keys: signingKeys('KEYS', { description: 'Keys.', signs: true }),
}) {}

const good = {
  PORT: '8080',
  BROKERS: 'a:1, b:2,',
  DATABASE: 'postgres://u:p@h/d',
  SECRETS: Buffer.alloc(32, 1).toString('base64url'),
  KEYS: `seed.${Buffer.alloc(32, 2).toString('base64url')}`,
};

describe('configClass', () => {
  it('reads every field with its type and its fallback', () => {
    const config = SampleConfig.fromEnvironment(good);
    expect(config).toBeInstanceOf(SampleConfig);
    expect(config.port).toBe(8080);
    expect(config.verbose).toBe(false);
    expect(config.level).toBe('low');
    expect(config.brokers).toEqual(['a:1', 'b:2']);
    expect(config.secrets[0]).toHaveLength(32);
  });

  it('lists all that is missing or malformed in one error, without a value', () => {
    const bad = { ...good, PORT: '99999', DATABASE: 'http://s3cr3t-host/', SECRETS: 'c2hvcnQ', KEYS: `pub.${'A'.repeat(43)}`, BROKERS: '' };
    const read = () => SampleConfig.fromEnvironment(bad);
    expect(read).toThrow(ConfigError);
    try {
      read();
    } catch (error) {
      const { problems, message } = error as ConfigError;
      expect(problems.map((problem) => problem.split(' ')[0])).toEqual(['PORT', 'BROKERS', 'DATABASE', 'SECRETS', 'KEYS']);
      expect(message).not.toMatch(/99999|s3cr3t|c2hvcnQ/);
      // What Node prints of it: each problem once, and no frames.
      expect(inspect(error).match(/BROKERS/g)).toHaveLength(1);
      expect(inspect(error)).not.toMatch(/\n {4}at |99999|s3cr3t/);
    }
  });

  it('hands the whole environment to a field of many variables, and lists what is wrong with each', () => {
    class Collecting extends configClass({
      port: integer('PORT', { description: 'Port.', min: 0, max: 65_535 }),
      many: {
        ...{ variable: 'MANY_<NAME>', description: 'Many.', parse: () => [] as string[] },
        collect: (environment) => {
          const names = Object.keys(environment).filter((name) => name.startsWith('MANY_'));
          const bad = names.filter((name) => environment[name] === 'bad');
          if (bad.length > 0) throw new ConfigError(bad.map((name) => `${name} must be good`));
          return names;
        },
      },
    }) {}
    expect(Collecting.fromEnvironment({ PORT: '1', MANY_A: 'x', MANY_B: 'y' }).many).toEqual(['MANY_A', 'MANY_B']);
    expect(Collecting.fromEnvironment({ PORT: '1' }).many).toEqual([]);
    expect(() => Collecting.fromEnvironment({ MANY_A: 'bad', MANY_B: 'bad' })).toThrow(/PORT is required[^]*MANY_A must be good[^]*MANY_B must be good/);
  });

  it('reads a secret from the file that <NAME>_FILE names, and refuses both forms at once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-config-'));
    try {
      const file = join(folder, 'database');
      writeFileSync(file, 'postgres://from/file\n');
      const { DATABASE, ...rest } = good;
      expect(SampleConfig.fromEnvironment({ ...rest, DATABASE_FILE: file }).database).toBe('postgres://from/file');
      expect(SampleConfig.fromEnvironment({ ...rest, DATABASE: '', DATABASE_FILE: file }).database).toBe('postgres://from/file');
      expect(() => SampleConfig.fromEnvironment({ ...rest, DATABASE, DATABASE_FILE: file })).toThrow(/both set/);
      expect(() => SampleConfig.fromEnvironment({ ...rest, DATABASE_FILE: join(folder, 'none') })).toThrow(/cannot be read/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows no secret to whoever prints it', () => {
    const config = SampleConfig.fromEnvironment(good);
    for (const printed of [JSON.stringify({ config }), format('%o %O %j', config, { config }, config)]) {
      for (const secret of [good.DATABASE, good.KEYS, good.SECRETS, Buffer.alloc(32, 1).toString('hex')]) expect(printed).not.toContain(secret);
    }
    expect(JSON.parse(JSON.stringify(config))).toMatchObject({ port: 8080, database: '[secret]', secrets: '[secret]', keys: '[secret]' });
  });
});
