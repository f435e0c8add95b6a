import type { Tier } from '@plinth/contracts';
import type { FlagDefinition } from './flag.js';

/** From where a process has its flags. */
export interface FlagSource {
  /** Null where there is no flag of this key; undefined while nothing is known of any. */
  find(key: string): FlagDefinition | null | undefined;
  /** Null where there is no such tenant. @throws where it cannot be found out */
  tierOf(tenantId: string): Promise<Tier | null>;
}
