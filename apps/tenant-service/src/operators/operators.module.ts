import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { OperatorsRepository } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';

/** No route: the first operator is made by a command (`bootstrap-operator.ts`), by whoever runs the installation. */
@Module({ imports: [AccountsModule], providers: [OperatorsRepository, OperatorsService] })
export class OperatorsModule {}
