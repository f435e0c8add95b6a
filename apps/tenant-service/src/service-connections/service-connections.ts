import { ServiceConnection } from '@plinth/auth';

/** The way to audit-service, which has the trail. */
export class AuditServiceConnection extends ServiceConnection {}

/** The way to ai-gateway, which has the records of what models were used for whom. */
export class AiGatewayConnection extends ServiceConnection {}
