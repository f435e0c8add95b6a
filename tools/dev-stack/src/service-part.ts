import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrlFile } from './database-urls.ts';
import { serviceFingerprint } from './fingerprint.ts';
import { UserError } from './output.ts';
import type { Part } from './part.ts';
import { logFile, nodeBinary, repoRoot, type Home } from './paths.ts';
import { launch, marker, markerVariable } from './processes.ts';
import { simulatorVariables } from './simulator-part.ts';
import { secretVariables, serviceUrls, type Service } from './services.ts';
import { baseEnvironment, type Settings } from './settings.ts';

/**
 * Six services share a small machine: a smaller young generation, a bounded heap. kafkajs computes
 * negative timeouts, which Node 24 warns of at every start.
 */
const nodeFlags = ['--max-semi-space-size=8', '--max-old-space-size=512', '--disable-warning=TimeoutNegativeWarning'];

/** Where a process of a service stands beside others of the stack. */
export interface ServicePlace {
  /** The part's name. */
  readonly name: string;
  readonly port: number;
}

/** One service as a part of the stack. The databases' URL files and the secrets must exist. @param place of a further process of it; else its own */
export function servicePart(home: Home, settings: Settings, kafkaBrokers: readonly string[], service: Service, place?: ServicePlace): Part {
  const { name, port } = place ?? { name: service.name, port: settings.portBase + service.portOffset };
  const environment = { ...serviceEnvironment(home, settings, kafkaBrokers, service), PORT: String(port) };
  const secrets = Object.entries(environment).flatMap(([name, value]) => (name.endsWith('_FILE') ? [readFileSync(value, 'utf8')] : []));
  return {
    name,
    title: name,
    port,
    fingerprint: serviceFingerprint(service.name, [nodeFlags, environment, secrets]),
    stopSignal: 'SIGTERM',
    graceMs: 15_000,
    readyWithinMs: 120_000,
    launchAttempts: 1,
    probe: () => probeHealth(port, 'live'),
    launch: () => {
      const main = join(repoRoot, 'apps', service.name, 'dist/main.js');
      if (!existsSync(main)) throw new UserError(`${service.name} is not built (${main} is missing): run make up, which builds it`);
      return launch({
        command: nodeBinary,
        args: [...nodeFlags, main],
        // The caches of compiled code make the second start of each service quicker.
        env: { ...baseEnvironment(), NODE_COMPILE_CACHE: join(home.root, 'compile-cache'), [markerVariable]: marker(home.root, name), ...environment },
        cwd: home.root,
        logFile: logFile(home, name),
      });
    },
    unmarked: () => [],
  };
}

/** Resolves where `/health/<kind>` answers 200 within 2 s. @throws Error that says what it answered instead */
export async function probeHealth(port: number, kind: 'live' | 'ready'): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/health/${kind}`, { signal: AbortSignal.timeout(2_000) });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`/health/${kind} answered ${response.status}: ${body.slice(0, 300)}`);
}

function serviceEnvironment(home: Home, settings: Settings, kafkaBrokers: readonly string[], service: Service): Record<string, string> {
  return {
    NODE_ENV: 'development',
    THROTTLE_PROFILE: 'development',
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    ...service.environment(serviceUrls(settings.portBase), home),
    ...(service.name === 'ai-gateway' ? simulatorVariables(settings) : {}),
    ...settings.passThrough,
    HOST: '127.0.0.1',
    APP_DATABASE_URL_FILE: databaseUrlFile(home, service, 'app'),
    SYSTEM_DATABASE_URL_FILE: databaseUrlFile(home, service, 'system'),
    KAFKA_BROKERS: kafkaBrokers.join(','),
    ...secretVariables(home, service),
  };
}
