import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ConfigError } from '@plinth/config';
import { Logger } from '@plinth/logging';
import { TenantServiceConfig } from '../config.js';
import { FeatureFlagsRepository } from './feature-flags.repository.js';

/**
 * Holds what the environment sets flags to against the types that they have, before the first request. Where the database is away nothing is
 * checked: it may come later, and the evaluation passes over what does not fit.
 */
@Injectable()
export class OverrideCheck implements OnModuleInit {
  constructor(
    private readonly config: TenantServiceConfig,
    private readonly flags: FeatureFlagsRepository,
    private readonly logger: Logger,
  ) {}

  /** @throws ConfigError that lists all that do not fit: the service does not start */
  async onModuleInit(): Promise<void> {
    const { flagOverrides } = this.config;
    if (flagOverrides.keys.length === 0) return;
    const definitions = await this.flags.readForTenant(null, null).catch((error: unknown) => {
      this.logger.warn('flags of the environment are not checked', { error });
      return { flags: [] };
    });
    const problems = definitions.flags.flatMap(({ key, type }) => {
      try {
        flagOverrides.find(key, type);
        return [];
      } catch (error) {
        this.logger.error('the environment sets a flag to what it cannot be', { name: key });
        return [(error as Error).message];
      }
    });
    if (problems.length > 0) throw new ConfigError(problems);
  }
}
