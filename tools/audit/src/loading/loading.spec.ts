import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { configClass, hmacSecrets, integer, signingKeys, text, url } from '@plinth/config';
import { configClassIn, sampleConfig } from './sample-config.ts';

describe('sampleConfig', () => {
  class SampleConfig extends configClass({
    port: integer('PORT', { description: 'Port.', min: 0, max: 9 }),
    database: url('DATABASE', { description: 'Database.', protocols: ['postgres:'] }),
    target: url('TARGET', { description: 'Target.', protocols: ['https:'] }),
    secrets: hmacSecrets('SECRETS', { description: 'Secrets.' }),
    keys: signingKeys('KEYS', { description: 'Keys.', signs: true }),
    name: text('NAME', { description: 'Name.', fallback: 'a name' }),
  }) {}

  it('fills every field by its own parser, and takes the fallback where there is one', () => {
    const Config = configClassIn({ nothing: 1, SampleConfig });
    expect(sampleConfig(Config as NonNullable<typeof Config>)).toMatchObject({ port: 1, target: 'https://127.0.0.1:1', name: 'a name' });
  });

  it('names the field for which it has nothing', () => {
    const field = { ...text('PUZZLE', { description: 'Puzzle.' }), parse: (): never => { throw new Error('no'); } }; // prettier-ignore
    class Puzzling extends configClass({ puzzle: field }) {}
    expect(() => sampleConfig(Puzzling as never)).toThrow(/PUZZLE/);
  });
});

describe('shutNetwork', () => {
  it.each([
    "(await import('node:net')).connect(1)",
    "new (await import('node:net')).Socket().connect(1)",
    "(await import('node:http')).createServer().listen(0)",
    "(await import('node:http')).get('http://127.0.0.1:1')",
    "(await import('node:tls')).connect(1)",
    "(await import('node:dgram')).createSocket('udp4')",
  ])('leaves no way out by %s', (call) => {
    // In a process of its own: it is not opened again.
    const code = `(await import(${JSON.stringify(join(import.meta.dirname, 'no-network.ts'))})).shutNetwork(); ${call};`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
    expect(stderr).toContain('the audit reads and connects to nothing');
    expect(status).toBe(1);
  }, 60_000);
});
