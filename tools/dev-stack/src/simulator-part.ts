import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from './part.ts';
import { logFile, nodeBinary, repoRoot, type Home } from './paths.ts';
import { simulatorOffset } from './ports.ts';
import { launch, marker, markerVariable } from './processes.ts';
import { baseEnvironment, type Settings } from './settings.ts';

const name = 'provider-simulator';
const source = join(repoRoot, 'tools/provider-simulator/src');
/** No secret: it opens nothing but the simulator on this machine. */
const apiKey = 'sk-simulator';

/** An AI provider of the user's own takes the simulator's place. */
export function wantsSimulator({ passThrough }: Settings): boolean {
  return passThrough['OPENAI_BASE_URL'] === undefined && passThrough['OPENAI_API_KEY'] === undefined;
}

/** What ai-gateway is told of its provider; nothing where the user names one. */
export function simulatorVariables(settings: Settings): Record<string, string> {
  if (!wantsSimulator(settings)) return {};
  return { OPENAI_BASE_URL: `http://127.0.0.1:${settings.portBase + simulatorOffset}/v1`, OPENAI_API_KEY: apiKey, MODELS: 'demo=sim-chat' };
}

/** The simulator of an AI provider as a part of the stack. */
export function simulatorPart(home: Home, settings: Settings): Part {
  const port = settings.portBase + simulatorOffset;
  return {
    name,
    title: name,
    port,
    fingerprint: fingerprintOf([String(port), apiKey]),
    stopSignal: 'SIGTERM',
    graceMs: 5_000,
    readyWithinMs: 30_000,
    launchAttempts: 1,
    probe: () => probe(port),
    launch: () =>
      launch({
        command: nodeBinary,
        args: ['--max-old-space-size=128', join(source, 'main.ts')],
        env: { ...baseEnvironment(), [markerVariable]: marker(home.root, name), SIMULATOR_PORT: String(port), SIMULATOR_API_KEY: apiKey },
        cwd: home.root,
        logFile: logFile(home, name),
      }),
    unmarked: () => [],
  };
}

async function probe(port: number): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(2_000) });
  if (response.status !== 200) throw new Error(`/health answered ${response.status}`);
}

/** It runs from its sources, so they are its build. */
function fingerprintOf(settings: readonly string[]): string {
  const hash = createHash('sha256').update(settings.join('\n'));
  for (const file of readdirSync(source).sort()) hash.update(file).update(readFileSync(join(source, file)));
  return hash.digest('hex');
}
