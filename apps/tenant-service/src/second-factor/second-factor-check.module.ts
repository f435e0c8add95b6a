import { Module } from '@nestjs/common';
import { TenantServiceConfig } from '../config.js';
import { SecondFactorCheck, SecondFactorSeal } from './second-factor-check.js';
import { SecondFactorRepository } from './second-factor.repository.js';

/** For whoever asks for a code. */
@Module({
  providers: [
    SecondFactorRepository,
    SecondFactorCheck,
    { provide: SecondFactorSeal, inject: [TenantServiceConfig], useFactory: ({ subjectKeySecrets }: TenantServiceConfig) => new SecondFactorSeal(subjectKeySecrets) },
  ],
  exports: [SecondFactorRepository, SecondFactorCheck, SecondFactorSeal],
})
export class SecondFactorCheckModule {}
