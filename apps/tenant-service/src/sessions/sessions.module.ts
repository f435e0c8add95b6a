import { Module } from '@nestjs/common';
import { AccessTokenIssuer, KeyRing } from '@plinth/auth';
import { AccountsModule } from '../accounts/accounts.module.js';
import { TenantServiceConfig } from '../config.js';
import { LockOutModule } from '../lock-out/lock-out.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { CredentialCheck } from './credential-check.js';
import { JwksController } from './jwks.controller.js';
import { OwnSessionsService } from './own-sessions.service.js';
import { RefreshService } from './refresh.service.js';
import { SessionEnd } from './session-end.js';
import { SessionTokens } from './session-tokens.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';

@Module({
  imports: [AccountsModule, RevocationsModule, LockOutModule],
  controllers: [SessionsController, JwksController],
  providers: [
    SessionsRepository,
    SessionsService,
    CredentialCheck,
    SessionTokens,
    SessionEnd,
    RefreshService,
    OwnSessionsService,
    { provide: KeyRing, inject: [TenantServiceConfig], useFactory: ({ tokenKeys }: TenantServiceConfig) => KeyRing.of(tokenKeys) },
    {
      provide: AccessTokenIssuer,
      inject: [KeyRing, TenantServiceConfig],
      useFactory: (keys: KeyRing, { issuer }: TenantServiceConfig) => new AccessTokenIssuer({ keys, issuer }),
    },
  ],
  exports: [SessionEnd, SessionTokens],
})
export class SessionsModule {}
