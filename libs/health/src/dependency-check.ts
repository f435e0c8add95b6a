/** Something that a service leans on. */
export interface DependencyCheck {
  /** As it is named in the answer, e.g. `database`. */
  readonly name: string;
  /** Without an essential one the service cannot serve: not ready. Without another it serves degraded. */
  readonly essential: boolean;
  /** Resolves while the dependency answers, rejects otherwise. Given at most `checkTimeoutMs`. */
  readonly check: () => Promise<unknown>;
}

/** The list that an app gives to `HealthModule`. */
export class DependencyChecks {
  constructor(readonly list: readonly DependencyCheck[]) {}
}

export const checkTimeoutMs = 2_000;
