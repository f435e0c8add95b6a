import { execFileSync } from 'node:child_process';

/** Whether a process of its own, with the build, has loaded OpenTelemetry's SDK for an endpoint. */
function loadsSdk(endpoint: string): string {
  const program = `
    import { createRequire } from 'node:module';
    import { Tracing } from '@plinth/telemetry';
    await Tracing.create('sample', { endpoint: '${endpoint}', onOutage() {}, onRecovery() {} });
    console.log(Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@opentelemetry/sdk')));
    process.exit(0);`;
  return execFileSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
}

describe('Tracing', () => {
  it('loads OpenTelemetry where there is a collector, and only there', () => {
    expect([loadsSdk(''), loadsSdk('http://127.0.0.1:1')]).toEqual(['false', 'true']);
  });
});
