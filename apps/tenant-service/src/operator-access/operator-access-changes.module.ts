import { Module } from '@nestjs/common';
import { RevocationsModule } from '../revocations/revocations.module.js';
import { OperatorAccessChanges } from './operator-access-changes.js';
import { OperatorAccessRepository } from './operator-access.repository.js';

/** For whatever brings an access to its end. */
@Module({ imports: [RevocationsModule], providers: [OperatorAccessRepository, OperatorAccessChanges], exports: [OperatorAccessRepository, OperatorAccessChanges] })
export class OperatorAccessChangesModule {}
