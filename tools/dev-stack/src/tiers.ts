import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { readJson } from './files.ts';
import { nodeBinary, repoRoot } from './paths.ts';

/** A tier of tests (docs: CONTRIBUTING.md), by the suffix of its configuration. */
export interface Tier {
  readonly name: 'unit' | 'integration' | 'e2e' | 'torture';
  readonly workers: number;
}

/** End to end tests share one stack, and some of them kill its parts: one after the other. */
export const tiers: readonly Tier[] = [
  { name: 'unit', workers: 2 },
  { name: 'integration', workers: 2 },
  { name: 'e2e', workers: 1 },
];

/** Takes its minutes, and so runs by its name only. */
export const tortureTier: Tier = { name: 'torture', workers: 1 };

export interface TierResult {
  readonly passed: number;
  readonly failed: number;
  /** What makes the run fail besides failed tests, e.g. that there were none. */
  readonly complaints: readonly string[];
}

/** The part of Jest's `--json` report that is read. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/** Runs one tier with Jest, its report on our terminal. `started` gets the process, so that it can be ended early. */
export async function runTier(
  tier: Tier,
  options: { reportFile: string; env: NodeJS.ProcessEnv; pattern: string | undefined; started: (child: ChildProcess) => void },
): Promise<TierResult> {
  const args = [
    '--experimental-vm-modules',
    '--no-warnings',
    join(repoRoot, 'node_modules/jest/bin/jest.js'),
    ...['-c', join(repoRoot, `jest.${tier.name}.config.mjs`), `--maxWorkers=${tier.workers}`],
    ...['--json', `--outputFile=${options.reportFile}`],
    ...(options.pattern === undefined ? [] : [options.pattern]),
  ];
  const child = spawn(nodeBinary, args, { cwd: repoRoot, env: options.env, stdio: ['ignore', 'ignore', 'inherit'] });
  options.started(child);
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve));
  return judge(readJson<JestReport>(options.reportFile), code);
}

/** What a report and Jest's exit code amount to. A suite that could not be loaded counts as one failed test. */
export function judge(report: JestReport | undefined, exitCode: number | null): TierResult {
  if (report === undefined) return { passed: 0, failed: 0, complaints: [`Jest ended with code ${exitCode} and left no report`] };
  const passed = report.numPassedTests;
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  return {
    passed,
    failed,
    complaints: [
      ...(passed + failed === 0 ? ['no test ran'] : []),
      ...(skipped > 0 ? [`${skipped} tests were skipped`] : []),
      ...(exitCode !== 0 && failed === 0 ? [`Jest ended with code ${exitCode} although no test failed`] : []),
    ],
  };
}
