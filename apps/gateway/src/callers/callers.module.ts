import { Module } from '@nestjs/common';
import { AccessTokenVerifier, InternalIdentityMinter, KeyRing } from '@plinth/auth';
import { GatewayConfig } from '../config.js';
import { UpstreamsModule } from '../upstreams/upstreams.module.js';
import { CallersService } from './callers.service.js';
import { ClientAddress } from './client-address.js';
import { JwksFollower } from './jwks-follower.js';

@Module({
  imports: [UpstreamsModule],
  providers: [
    CallersService,
    JwksFollower,
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
  exports: [CallersService, ClientAddress, InternalIdentityMinter, JwksFollower],
})
export class CallersModule {}
