import { Injectable } from '@nestjs/common';

/** The time by which periods begin and grants expire: the database's, the same for all replicas. */
@Injectable()
export class LedgerClock {
  read(databaseTime: Date): Date {
    return databaseTime;
  }
}
