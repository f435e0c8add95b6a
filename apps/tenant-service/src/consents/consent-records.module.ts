import { Module } from '@nestjs/common';
import { PoliciesModule } from '../policies/policies.module.js';
import { ConsentsRepository } from './consents.repository.js';
import { SignUpConsents } from './sign-up-consents.js';

@Module({ imports: [PoliciesModule], providers: [ConsentsRepository, SignUpConsents], exports: [ConsentsRepository, SignUpConsents] })
export class ConsentRecordsModule {}
