import { Module } from '@nestjs/common';
import { cursors } from '../cursors.js';
import { MemberSeats } from './member-seats.js';
import { LedgerClock } from './ledger-clock.js';
import { OpenWindows } from './open-windows.js';
import { QuotaEvents } from './quota-events.js';
import { QuotaLedgerController } from './quota-ledger.controller.js';
import { QuotaLedgerService } from './quota-ledger.service.js';
import { QuotaLimitsService } from './quota-limits.service.js';
import { QuotaPeriodsService } from './quota-periods.service.js';
import { QuotaRecordsRepository } from './quota-records.repository.js';
import { QuotaViewsService } from './quota-views.service.js';
import { QuotasController } from './quotas.controller.js';
import { QuotasRepository } from './quotas.repository.js';

@Module({
  controllers: [QuotaLedgerController, QuotasController],
  providers: [cursors, LedgerClock, MemberSeats, OpenWindows, QuotaEvents, QuotaLedgerService, QuotaLimitsService, QuotaPeriodsService, QuotaRecordsRepository, QuotasRepository, QuotaViewsService],
  exports: [MemberSeats],
})
export class QuotasModule {}
