import { configClass, internalVerificationKeys, serviceFields } from '@plinth/config';

/** What outbox-relay is told from outside. Its system role is the one that reads every service's outbox. */
export class OutboxRelayConfig extends configClass({ ...serviceFields, internalKeys: internalVerificationKeys }) {}
