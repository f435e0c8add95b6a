import { Module } from '@nestjs/common';
import { TenantServiceModule } from '../tenant-service/tenant-service.module.js';
import { CredentialExpiry } from './credential-expiry.job.js';

@Module({ imports: [TenantServiceModule], providers: [CredentialExpiry], exports: [CredentialExpiry] })
export class CredentialsModule {}
