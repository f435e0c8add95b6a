import { Controller } from '@nestjs/common';
import type { AuditRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { OnEvent, type ReceivedEvent } from '@plinth/kafka';
import { TrailService } from './trail.service.js';

/** What every service tells of its changes becomes an entry, in the transaction of the inbox row. */
@Controller()
export class RecordEntryWhenAuditRecordedHandler {
  constructor(private readonly trail: TrailService) {}

  @OnEvent('audit.recorded', 1)
  async record(event: ReceivedEvent<AuditRecordedV1Payload>, tx: Tx): Promise<void> {
    await this.trail.append(tx, event.payload);
  }
}
