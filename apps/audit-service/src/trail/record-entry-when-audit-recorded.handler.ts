import { Controller } from '@nestjs/common';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { OnEventBatch, type ReceivedEvent } from '@plinth/kafka';
import { TrailService } from './trail.service.js';

/** What every service tells of its changes becomes an entry, in the transaction of its inbox row. */
@Controller()
export class RecordEntryWhenAuditRecordedHandler {
  constructor(private readonly trail: TrailService) {}

  @OnEventBatch('audit.recorded', 1)
  async record(events: readonly ReceivedEvent<AuditRecordedV1Payload>[], tx: Tx): Promise<void> {
    await this.trail.append(tx, events.map(({ payload }) => payload));
  }
}
