import { Module } from '@nestjs/common';
import { PoliciesModule } from '../policies/policies.module.js';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { ConsentRecordsModule } from './consent-records.module.js';
import { ConsentsController } from './consents.controller.js';
import { ConsentsService } from './consents.service.js';

@Module({ imports: [PoliciesModule, RevocationsModule, ConsentRecordsModule], controllers: [ConsentsController], providers: [ConsentsService] })
export class ConsentsModule {}
