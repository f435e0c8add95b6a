import { configClass, internalSigningKeys, list, serviceFields, url, type ConfigField } from '@plinth/config';
import { ClientAddress } from './callers/client-address.js';

const http = ['http:', 'https:'];

const networks: ConfigField<readonly string[]> = list('TRUSTED_PROXIES', {
  description: 'Addresses or CIDR networks of the proxies in front, whose X-Forwarded-For is believed; none by default.',
  fallback: [],
});

/** What the gateway is told from outside. */
export class GatewayConfig extends configClass({
  ...serviceFields,
  internalKeys: internalSigningKeys,
  issuer: url('PLINTH_ISSUER', { description: "Issuer of the access tokens: the gateway's public URL.", protocols: http }),
  tenantServiceUrl: url('TENANT_SERVICE_URL', { description: 'Where tenant-service listens.', protocols: http }),
  auditServiceUrl: url('AUDIT_SERVICE_URL', { description: 'Where audit-service listens.', protocols: http }),
  aiGatewayUrl: url('AI_GATEWAY_URL', { description: 'Where ai-gateway listens.', protocols: http }),
  outboxRelayUrl: url('OUTBOX_RELAY_URL', { description: 'Where outbox-relay listens.', protocols: http }),
  schedulerUrl: url('SCHEDULER_URL', { description: 'Where scheduler listens.', protocols: http }),
  trustedProxies: {
    ...networks,
    parse: (text: string) => {
      const parsed = networks.parse(text);
      new ClientAddress(parsed); // throws for what is no network
      return parsed;
    },
  },
}) {}
