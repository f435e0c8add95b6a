import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, say, secondsSince, UserError } from './output.ts';
import { repoRoot } from './paths.ts';
import { createTestHome, removeAbandonedHomes, removeTestHome, runMarker, startTestStack, testServers } from './test-stack.ts';
import { runTier, tiers, tortureTier, type Tier, type TierResult } from './tiers.ts';

const known = [...tiers, tortureTier];

/**
 * `make test`: type checks and lint, then the unit tier while a stack of the run's own starts, then the
 * integration and the end to end tier on it. Whatever happens, the stack is stopped and erased, and the
 * last line is `N passed, N failed`.
 */
class TestRun {
  private readonly children = new Set<ChildProcess>();
  private readonly complaints: string[] = [];
  private readonly home = createTestHome();
  private readonly pattern: string | undefined;
  private passed = 0;
  private failed = 0;
  private interrupted = false;

  constructor(pattern: string | undefined) {
    this.pattern = pattern;
  }

  async run(wanted: readonly Tier[]): Promise<number> {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.interrupt(signal));
    try {
      await this.runAll(wanted);
    } catch (error) {
      this.complaints.push(error instanceof UserError ? error.message : ((error as Error).stack ?? String(error)));
    } finally {
      await removeTestHome(this.home);
    }
    if (this.pattern !== undefined && this.passed + this.failed === 0) this.complaints.push(`no test file matches "${this.pattern}"`);
    // What an interrupted run did not get to is no news.
    for (const complaint of this.interrupted ? this.complaints.slice(0, 1) : this.complaints) say(`FAILED  ${complaint}`);
    say(`${this.passed} passed, ${this.failed} failed`);
    return this.failed > 0 || this.complaints.length > 0 ? 1 : 0;
  }

  private async runAll(wanted: readonly Tier[]): Promise<void> {
    const wants = (name: Tier['name']): boolean => wanted.some((tier) => tier.name === name);
    const wantsRunning = wanted.filter(({ name }) => name === 'e2e' || name === 'torture');
    const given = givenServers();
    const needsStack = (wants('integration') && given === undefined) || wantsRunning.length > 0;
    await removeAbandonedHomes();
    const built = needsStack && (await this.check('build', ['sh', 'tools/dev-stack/build.sh']));
    if (wanted.length === tiers.length) await this.check('typecheck and lint', ['nx', 'run-many', '-t', 'typecheck', 'lint', '--outputStyle=stream']);
    if (built) await this.check('generated files', ['node', 'tools/generators/src/generate.ts', '--check']);
    const booting = built ? this.boot() : Promise.resolve(false);
    if (wants('unit')) await this.tier('unit', {});
    const ready = await booting;
    if (!needsStack && given !== undefined && wants('integration')) return this.tier('integration', given);
    if (!needsStack) return;
    if (!built) throw new UserError('integration and e2e: not run, since the build failed');
    // PostgreSQL and Kafka may be there even where a service is not.
    const { databaseUrl, kafkaBrokers } = testServers(this.home);
    const servers = { PLINTH_TEST_DATABASE_URL: databaseUrl, PLINTH_TEST_KAFKA_BROKERS: kafkaBrokers.join(',') };
    if (wants('integration')) await this.tier('integration', servers);
    for (const { name } of wantsRunning) {
      if (!ready) throw new UserError(`${name}: not run, since the stack is not up`);
      await this.tier(name, { ...servers, PLINTH_HOME: this.home.root, PLINTH_STACK_FILE: this.home.stackFile });
    }
  }

  /** @returns whether every service is ready */
  private async boot(): Promise<boolean> {
    const start = performance.now();
    try {
      await startTestStack(this.home, { started: (child) => this.track(child), traced: true });
      say(`a stack for the tests is up (${secondsSince(start)})`);
      return true;
    } catch (error) {
      this.complaints.push((error as Error).message);
      return false;
    }
  }

  private async tier(name: Tier['name'], variables: Record<string, string>): Promise<void> {
    const tier = known.find((entry) => entry.name === name);
    if (tier === undefined || this.interrupted) return;
    const start = performance.now();
    const result: TierResult = await runTier(tier, {
      reportFile: join(this.home.root, `${name}.json`),
      env: { ...process.env, ...runMarker(this.home), ...variables },
      pattern: this.pattern,
      started: (child) => this.track(child),
    });
    this.passed += result.passed;
    this.failed += result.failed;
    // A pattern may well name tests of one tier only.
    const complaints = this.pattern === undefined ? result.complaints : [];
    this.complaints.push(...complaints.map((complaint) => `${name}: ${complaint}`));
    say(`${name}: ${result.passed} passed, ${result.failed} failed (${secondsSince(start)})`);
  }

  /** A check that is no test: counted in neither sum, but the run fails with it. Its output is shown if it fails. */
  private async check(name: string, [command = '', ...args]: readonly string[]): Promise<boolean> {
    if (this.interrupted) return false;
    const start = performance.now();
    const bin = join(repoRoot, 'node_modules/.bin');
    const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, NX_DAEMON: 'false', NX_TUI: 'false' };
    const child = spawn(command, args, { cwd: repoRoot, env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.track(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('close', resolve));
    say(`${name}: ${code === 0 ? 'ok' : 'failed'} (${secondsSince(start)})`);
    if (code === 0) return true;
    process.stderr.write(output);
    this.complaints.push(`${name}: the output stands above`);
    return false;
  }

  private track(child: ChildProcess): void {
    this.children.add(child);
    child.once('exit', () => this.children.delete(child));
    if (this.interrupted) child.kill('SIGKILL');
  }

  /** Ends the children; the steps that wait for them then come to their end, and the clean-up runs. */
  private interrupt(signal: NodeJS.Signals): void {
    if (this.interrupted) return;
    this.interrupted = true;
    this.complaints.unshift(`interrupted by ${signal}`);
    for (const child of this.children) child.kill('SIGKILL');
  }
}

/** PostgreSQL and Kafka that whoever runs the tests has already, e.g. another test run. */
function givenServers(): Record<string, string> | undefined {
  const { PLINTH_TEST_DATABASE_URL: database, PLINTH_TEST_KAFKA_BROKERS: brokers } = process.env;
  return database && brokers ? { PLINTH_TEST_DATABASE_URL: database, PLINTH_TEST_KAFKA_BROKERS: brokers } : undefined;
}

await runCommand(async () => {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { pattern: { type: 'string', default: '' } } });
  const wanted = positionals.length === 0 ? tiers : known.filter((tier) => positionals.includes(tier.name));
  if (wanted.length < positionals.length) throw new UserError(`tiers are ${known.map((tier) => tier.name).join(', ')}`);
  return new TestRun(values.pattern === '' ? undefined : values.pattern).run(wanted);
});
