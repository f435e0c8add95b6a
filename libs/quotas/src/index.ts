export { LeasedBlocks, type LeasedBlocksOptions } from './leased-blocks.js';
export { quotaMetricsTable } from './metrics.js';
export { QuotaClient } from './quota-client.js';
export { quotaErrors, rateLimitHeaders } from './quotas.errors.js';
export type {
  EndedBlock,
  GrantOutcome,
  LeaseAnswer,
  LeaseRequest,
  QuotaLedger,
  QuotaStanding,
  QuotaSubject,
  Reservation,
  ReserveRequest,
  SettleRequest,
} from './wire.js';
