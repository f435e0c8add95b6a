import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SecondFactorChange } from './second-factor-change.js';
import { SecondFactorCheckModule } from './second-factor-check.module.js';
import { SecondFactorResetController } from './second-factor-reset.controller.js';
import { SecondFactorResetService } from './second-factor-reset.service.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactorService } from './second-factor.service.js';

@Module({
  imports: [AccountsModule, SecondFactorCheckModule, SessionsModule, RevocationsModule, MailQueueModule],
  controllers: [SecondFactorController, SecondFactorResetController],
  providers: [SecondFactorService, SecondFactorChange, SecondFactorResetService],
})
export class SecondFactorModule {}
