import { configClass, internalVerificationKeys, serviceFields } from '@plinth/config';

/** What ai-gateway is told from outside. */
export class AiGatewayConfig extends configClass({ ...serviceFields, internalKeys: internalVerificationKeys }) {}
