import { Module } from '@nestjs/common';
import { AccessTokenIssuer, CsrfTokens, KeyRing, SessionCookie } from '@plinth/auth';
import { AccountsModule } from '../accounts/accounts.module.js';
import { TenantServiceConfig } from '../config.js';
import { LockOutModule } from '../lock-out/lock-out.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SecondFactorCheckModule } from '../second-factor/second-factor-check.module.js';
import { BrowserSessionsController } from './browser-sessions.controller.js';
import { BrowserSessionsService } from './browser-sessions.service.js';
import { CredentialCheck } from './credential-check.js';
import { JwksController } from './jwks.controller.js';
import { OwnPassword } from './own-password.js';
import { OwnSessionsService } from './own-sessions.service.js';
import { RefreshService } from './refresh.service.js';
import { SessionEnd } from './session-end.js';
import { SessionTokens } from './session-tokens.js';
import { SessionUsesRepository } from './session-uses.repository.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionsService } from './sessions.service.js';
import { SignOutService } from './sign-out.service.js';

@Module({
  imports: [AccountsModule, RevocationsModule, LockOutModule, MailQueueModule, SecondFactorCheckModule],
  controllers: [SessionsController, BrowserSessionsController, JwksController],
  providers: [
    SessionsRepository,
    SessionUsesRepository,
    SessionsService,
    CredentialCheck,
    SessionTokens,
    SessionEnd,
    RefreshService,
    OwnSessionsService,
    BrowserSessionsService,
    SignOutService,
    OwnPassword,
    { provide: SessionCookie, inject: [TenantServiceConfig], useFactory: ({ issuer }: TenantServiceConfig) => new SessionCookie(issuer) },
    { provide: CsrfTokens, inject: [TenantServiceConfig], useFactory: ({ cookieSecrets }: TenantServiceConfig) => new CsrfTokens(cookieSecrets) },
    { provide: KeyRing, inject: [TenantServiceConfig], useFactory: ({ tokenKeys }: TenantServiceConfig) => KeyRing.of(tokenKeys) },
    {
      provide: AccessTokenIssuer,
      inject: [KeyRing, TenantServiceConfig],
      useFactory: (keys: KeyRing, { issuer }: TenantServiceConfig) => new AccessTokenIssuer({ keys, issuer }),
    },
  ],
  exports: [KeyRing, OwnPassword, SessionEnd, SessionsRepository, SessionTokens],
})
export class SessionsModule {}
