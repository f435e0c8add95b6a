import { Controller } from '@nestjs/common';
import type { ApiUsageRecordedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { OnEvent, type ReceivedEvent } from '@plinth/kafka';
import { UsageCountingService } from './usage-counting.service.js';

/** What gateways have answered to a tenant's callers is added to its days. */
@Controller()
export class CountCallsWhenApiUsageRecordedHandler {
  constructor(private readonly counting: UsageCountingService) {}

  @OnEvent('api_usage.recorded', 1)
  async count({ payload }: ReceivedEvent<ApiUsageRecordedV1Payload>, tx: Tx): Promise<void> {
    await this.counting.countCalls(tx, payload);
  }
}
