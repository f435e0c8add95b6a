import { Module } from '@nestjs/common';
import { MailQueueModule } from '../mail/mail-queue.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { SecondFactorChange } from './second-factor-change.js';
import { SecondFactorCheckModule } from './second-factor-check.module.js';
import { SecondFactorController } from './second-factor.controller.js';
import { SecondFactorService } from './second-factor.service.js';

@Module({ imports: [SecondFactorCheckModule, SessionsModule, MailQueueModule], controllers: [SecondFactorController], providers: [SecondFactorService, SecondFactorChange] })
export class SecondFactorModule {}
