import { Controller } from '@nestjs/common';
import type { DataExportRequestedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { OnEvent, type ReceivedEvent } from '@plinth/kafka';
import { UsageCountingService } from './usage-counting.service.js';

/** What came into being in a tenant is added to its days: of each event of `createdKindsByEvent`. */
@Controller()
export class CountCreationWhenSomethingCreatedHandler {
  constructor(private readonly counting: UsageCountingService) {}

  @OnEvent('tenant.created', 1)
  async tenant({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'tenant.created', time);
  }

  @OnEvent('user.registered', 1)
  async signUp({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'user.registered', time);
  }

  @OnEvent('member.added', 1)
  async member({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'member.added', time);
  }

  @OnEvent('invitation.created', 1)
  async invitation({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'invitation.created', time);
  }

  @OnEvent('role.created', 1)
  async role({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'role.created', time);
  }

  @OnEvent('api_key.created', 1)
  async apiKey({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'api_key.created', time);
  }

  @OnEvent('credential.submitted', 1)
  async credential({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'credential.submitted', time);
  }

  @OnEvent('legal_hold.placed', 1)
  async legalHold({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'legal_hold.placed', time);
  }

  @OnEvent('ai_usage.recorded', 1)
  async aiCall({ tenantId, time }: ReceivedEvent, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, tenantId, 'ai_usage.recorded', time);
  }

  /** A copy of a person's own data is none of the tenant's, in which it may have been asked for. */
  @OnEvent('data_export.requested', 1)
  async dataExport({ payload, time }: ReceivedEvent<DataExportRequestedV1Payload>, tx: Tx): Promise<void> {
    await this.counting.countCreated(tx, payload.tenantId, 'data_export.requested', time);
  }
}
