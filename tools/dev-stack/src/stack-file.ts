import { readJson, writeJson } from './files.ts';
import type { Home } from './paths.ts';

/** The demo tenant's owner, and a key of theirs with all that an owner may do. */
export interface DemoAccount {
  readonly tenantId: string;
  readonly email: string;
  readonly password: string;
  readonly apiKey: string;
}

/** The platform's operator. */
export interface OperatorAccount {
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
  readonly operator: OperatorAccount;
}

export function readStackFile(home: Home): StackFacts | undefined {
  return readJson<StackFacts>(home.stackFile);
}

export function writeStackFile(home: Home, facts: StackFacts): void {
  writeJson(home.stackFile, facts);
}
