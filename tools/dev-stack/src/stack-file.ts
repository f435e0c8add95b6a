import { readJson, writeJson } from './files.ts';
import type { Home } from './paths.ts';

/** The demo tenant's owner. */
export interface DemoAccount {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
}

/** The running stack's facts, as `stack.json` holds them (contract: "Commands"). */
export interface StackFacts {
  readonly gatewayUrl: string;
  /** The administrator's. */
  readonly databaseUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly services: Readonly<Record<string, { readonly url: string; readonly pid: number }>>;
  readonly demo: DemoAccount;
}

export function readStackFile(home: Home): StackFacts | undefined {
  return readJson<StackFacts>(home.stackFile);
}

export function writeStackFile(home: Home, facts: StackFacts): void {
  writeJson(home.stackFile, facts);
}
