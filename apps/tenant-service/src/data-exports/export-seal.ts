import { SealRing } from '@plinth/kernel';

/** Keeps archives from whoever has the database alone. */
export class ExportSeal extends SealRing {
  constructor(secrets: readonly Buffer[]) {
    super(secrets, 'plinth data export v1');
  }
}
