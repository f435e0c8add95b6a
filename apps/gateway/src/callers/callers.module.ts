import { Module } from '@nestjs/common';
import { AccessTokenVerifier, CsrfTokens, InternalIdentityMinter, KeyRing, SessionCookie } from '@plinth/auth';
import { GatewayConfig } from '../config.js';
import { UpstreamsModule } from '../upstreams/upstreams.module.js';
import { ApiKeyUses } from './api-key-uses.js';
import { ApiKeys } from './api-keys.js';
import { Bearers } from './bearers.js';
import { BrowserSessions } from './browser-sessions.js';
import { CallerStanding } from './caller-standing.js';
import { CallersService } from './callers.service.js';
import { ClientAddress } from './client-address.js';
import { Denials } from './denials.js';
import { JwksFollower } from './jwks-follower.js';
import { KeyCallers } from './key-callers.js';
import { OperatorVisits } from './operator-visits.js';
import { People } from './people.js';
import { RevocationFollower } from './revocation-follower.js';
import { Revocations } from './revocations.js';
import { askStanding, findApiKeyFacts, findBearerStanding, findBrowserSession } from './tenant-service-answers.js';
import { TenantServiceCalls } from './tenant-service-calls.js';

@Module({
  imports: [UpstreamsModule],
  providers: [
    ApiKeyUses,
    CallersService,
    Denials,
    JwksFollower,
    KeyCallers,
    OperatorVisits,
    People,
    TenantServiceCalls,
    RevocationFollower,
    { provide: Revocations, useFactory: () => new Revocations() },
    {
      provide: ApiKeys,
      inject: [Revocations, TenantServiceCalls],
      useFactory: (revocations: Revocations, calls: TenantServiceCalls) => new ApiKeys({ revocations, find: (id) => findApiKeyFacts(calls, id) }),
    },
    {
      provide: Bearers,
      inject: [Revocations, TenantServiceCalls],
      useFactory: (revocations: Revocations, calls: TenantServiceCalls) => new Bearers({ revocations, find: (accountId) => findBearerStanding(calls, accountId) }),
    },
    {
      provide: BrowserSessions,
      inject: [Revocations, TenantServiceCalls],
      useFactory: (revocations: Revocations, calls: TenantServiceCalls) => new BrowserSessions({ revocations, find: (cookieHash) => findBrowserSession(calls, cookieHash) }),
    },
    { provide: SessionCookie, inject: [GatewayConfig], useFactory: ({ issuer }: GatewayConfig) => new SessionCookie(issuer) },
    { provide: CsrfTokens, inject: [GatewayConfig], useFactory: ({ cookieSecrets }: GatewayConfig) => new CsrfTokens(cookieSecrets) },
    {
      provide: CallerStanding,
      inject: [Revocations, TenantServiceCalls],
      useFactory: (revocations: Revocations, calls: TenantServiceCalls) => new CallerStanding({ revocations, ask: (caller) => askStanding(calls, caller) }),
    },
    {
      provide: ClientAddress,
      inject: [GatewayConfig],
      useFactory: (config: GatewayConfig) => new ClientAddress(config.trustedProxies),
    },
    {
      provide: InternalIdentityMinter,
      inject: [GatewayConfig],
      useFactory: (config: GatewayConfig) =>
        new InternalIdentityMinter({ service: 'gateway', keys: KeyRing.of(config.internalKeys), secrets: config.internalHmacSecrets }),
    },
    {
      provide: AccessTokenVerifier,
      inject: [GatewayConfig, JwksFollower],
      useFactory: (config: GatewayConfig, keys: JwksFollower) => new AccessTokenVerifier({ keys, issuer: config.issuer }),
    },
  ],
  exports: [CallersService, ClientAddress, InternalIdentityMinter, JwksFollower, Revocations],
})
export class CallersModule {}
