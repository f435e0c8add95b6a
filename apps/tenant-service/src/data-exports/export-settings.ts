import type { ExportSeal } from './export-seal.js';

/** What archives are made with, beside the keys. */
export class ExportSettings {
  constructor(
    /** Who has signed: the gateway's public URL. */
    readonly issuer: string,
    readonly seal: ExportSeal,
  ) {}
}
