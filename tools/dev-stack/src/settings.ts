import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readJson, writeJson } from './files.ts';
import { homeAt, repoRoot, type Home } from './paths.ts';
import { parsePortBase } from './ports.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What decides where and how a stack runs. Kept in its home, so that later commands find the same stack. */
export interface Settings {
  readonly portBase: number;
  readonly kafkaLibs: string;
  /** An administrator's URL of a PostgreSQL that runs elsewhere; without it an embedded one is started. */
  readonly databaseUrl?: string;
  readonly kafkaBrokers?: readonly string[];
  /** Variables of the contract that are handed on to the services as they are. */
  readonly passThrough: Readonly<Record<string, string>>;
}

const passedThrough =
  /^(LOG_LEVEL|LOG_FORMAT|PLINTH_ISSUER|REDIS_URL|OTEL_EXPORTER_OTLP_ENDPOINT|TRUSTED_PROXIES|THROTTLE_PROFILE|REQUIRE_EMAIL_VERIFICATION|API_KEY_ENVIRONMENT|OPERATOR_SECOND_FACTOR|DATABASE_POOL_SIZE|SMTP_URL|MAIL_FROM|PRODUCT_URL|FLAG_[A-Z0-9_]+|S3_[A-Z0-9_]+|MODELS|(OPENAI|ANTHROPIC)_(API_KEY|BASE_URL))$/;

/** The process's environment over the checkout's `.env`, the one place that both are read. */
export function readEnvironment(): Environment {
  const file = join(repoRoot, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return { ...fromFile, ...process.env };
}

export function homeFrom(environment: Environment): Home {
  return homeAt(environment['PLINTH_HOME'] || '.plinth');
}

/** @throws UserError for a port base that cannot be used */
export function settingsFrom(environment: Environment, home: Home): Settings {
  const databaseUrl = environment['DATABASE_URL'];
  const kafkaBrokers = environment['KAFKA_BROKERS']?.split(',').map((broker) => broker.trim()).filter((broker) => broker !== '');
  const passThrough = Object.entries(environment).filter(
    (entry): entry is [string, string] => passedThrough.test(entry[0]) && entry[1] !== undefined && entry[1] !== '',
  );
  return {
    portBase: parsePortBase(environment['PLINTH_PORT_BASE']),
    kafkaLibs: environment['PLINTH_KAFKA_LIBS'] || home.kafkaLibs,
    ...(databaseUrl ? { databaseUrl } : {}),
    ...(kafkaBrokers !== undefined && kafkaBrokers.length > 0 ? { kafkaBrokers } : {}),
    passThrough: Object.fromEntries(passThrough),
  };
}

/** The settings of the last start of this home. */
export function savedSettings(home: Home): Settings | undefined {
  return readJson<Settings>(home.settingsFile);
}

export function saveSettings(home: Home, settings: Settings): void {
  writeJson(home.settingsFile, settings);
}

/** What every child process gets of ours: how to find programs, time zone and certificates; nothing else leaks in. */
export function baseEnvironment(): Record<string, string> {
  const names = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'JAVA_HOME', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}
