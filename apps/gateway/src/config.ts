import { configClass, cookieSecrets, integer, internalSigningKeys, list, serviceFields, url, type ConfigField } from '@plinth/config';
import { urlVariableOf } from '@plinth/contracts';
import { ClientAddress } from './callers/client-address.js';
import { perUpstream } from './upstreams/upstream-names.js';

const http = ['http:', 'https:'];

const networks: ConfigField<readonly string[]> = list('TRUSTED_PROXIES', {
  description: 'Addresses or CIDR networks of the proxies in front, whose X-Forwarded-For is believed; none by default.',
  fallback: [],
});

/** What the gateway is told from outside. */
export class GatewayConfig extends configClass({
  ...serviceFields,
  internalKeys: internalSigningKeys,
  cookieSecrets,
  issuer: url('PLINTH_ISSUER', { description: "Issuer of the access tokens: the gateway's public URL.", protocols: http }),
  // By its name: where each service behind the gateway listens.
  ...perUpstream((name) => url(urlVariableOf(name), { description: `Where ${name} listens.`, protocols: http })),
  usageIntervalSeconds: integer('USAGE_INTERVAL_SECONDS', {
    description: 'How often a gateway tells analytics what was called; as much is lost when it is killed.',
    min: 1,
    max: 300,
    fallback: 10,
  }),
  trustedProxies: {
    ...networks,
    parse: (text: string) => {
      const parsed = networks.parse(text);
      new ClientAddress(parsed); // throws for what is no network
      return parsed;
    },
  },
}) {}
