import {
  choice,
  configClass,
  cookieSecrets,
  cursorSecrets,
  idempotencySecrets,
  internalSigningKeys,
  requireEmailVerification,
  serviceFields,
  signingKeys,
  subjectKeySecrets,
  text,
  url,
  type ConfigField,
} from '@plinth/config';
import { urlVariableOf } from '@plinth/contracts';
import { flagOverrides } from '@plinth/flags';

const environment: ConfigField<string> = text('API_KEY_ENVIRONMENT', {
  description: 'Stands in every API key (plk_<environment>_...), to tell keys of one installation from another’s: 2 to 10 lower-case letters.',
  fallback: 'live',
});

/** What tenant-service is told from outside. */
export class TenantServiceConfig extends configClass({
  ...serviceFields,
  internalKeys: internalSigningKeys,
  auditServiceUrl: url(urlVariableOf('audit-service'), { description: 'Where audit-service listens, which has the trail.', protocols: ['http:', 'https:'] }),
  aiGatewayUrl: url(urlVariableOf('ai-gateway'), { description: 'Where ai-gateway listens, which has the records of what models were used for whom.', protocols: ['http:', 'https:'] }),
  idempotencySecrets,
  cursorSecrets,
  cookieSecrets,
  subjectKeySecrets,
  operatorSecondFactor: choice('OPERATOR_SECOND_FACTOR', {
    description: 'Whether operators act as such only in sessions that they have shown a second factor in.',
    values: ['required', 'optional'],
    fallback: 'required',
  }),
  apiKeyEnvironment: {
    ...environment,
    parse: (text: string) => {
      if (!/^[a-z]{2,10}$/.test(text)) throw new Error('must be 2 to 10 lower-case letters');
      return text;
    },
  },
  consumerGroup: text('USAGE_CONSUMER_GROUP', {
    description: 'Consumer group of usage analytics; under another name every retained event is counted once more.',
    fallback: 'tenant-service',
  }),
  requireEmailVerification,
  flagOverrides: flagOverrides(),
  smtpUrl: url('SMTP_URL', {
    description: 'Where e-mail goes: smtp://user:password@host:587, smtps://..., or file:///folder for a file a message, until there is a server.',
    protocols: ['smtp:', 'smtps:', 'file:'],
    secret: true,
  }),
  mailFrom: text('MAIL_FROM', { description: 'Whom e-mail is from.', fallback: 'Plinth <no-reply@localhost>' }),
  productUrl: url('PRODUCT_URL', {
    description: "Where the links of e-mails lead: the product's front end, which has the pages /verify-email, /reset-password, /change-email and /accept-invitation and finds the token in the fragment.",
    protocols: ['http:', 'https:'],
  }),
  privacyController: text('PRIVACY_CONTROLLER', {
    description: 'Who is responsible for personal data: name and postal address, as the privacy notice gives them.',
    fallback: '',
  }),
  privacyContact: text('PRIVACY_CONTACT', {
    description: 'Where people turn to about their data: an address that the privacy notice gives.',
    fallback: '',
  }),
  tokenKeys: signingKeys('TOKEN_SIGNING_KEYS', {
    description: 'Ed25519 keys of the access tokens; the first, a seed, signs, all are in the JWKS.',
    signs: true,
  }),
  issuer: url('PLINTH_ISSUER', {
    description: "Issuer of the access tokens: the gateway's public URL.",
    protocols: ['http:', 'https:'],
  }),
}) {}
