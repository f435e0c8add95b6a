import { Module } from '@nestjs/common';
import { LedgerClock } from './ledger-clock.js';
import { OpenWindows } from './open-windows.js';
import { QuotaEvents } from './quota-events.js';
import { QuotaLedgerController } from './quota-ledger.controller.js';
import { QuotaLedgerService } from './quota-ledger.service.js';
import { QuotasRepository } from './quotas.repository.js';

@Module({
  controllers: [QuotaLedgerController],
  providers: [LedgerClock, OpenWindows, QuotaEvents, QuotaLedgerService, QuotasRepository],
})
export class QuotasModule {}
