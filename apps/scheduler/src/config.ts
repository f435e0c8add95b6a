import { configClass, internalVerificationKeys, serviceFields } from '@plinth/config';

/** What scheduler is told from outside. */
export class SchedulerConfig extends configClass({ ...serviceFields, internalKeys: internalVerificationKeys }) {}
