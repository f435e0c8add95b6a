import type { ArchiveSize } from './archive.js';
import type { ExportSeal } from './export-seal.js';

/** Up to which size of an archive something is added to it. What is full before the end still has room for a part more, and the manifest. */
export interface ArchiveRoom {
  readonly usage: ArchiveSize;
  readonly trail: ArchiveSize;
}

const mebibyte = 1_048_576;
const usualRoom: ArchiveRoom = {
  usage: { packed: 24 * mebibyte, unpacked: 400 * mebibyte },
  trail: { packed: 56 * mebibyte, unpacked: 900 * mebibyte },
};

/** What archives are made with, beside the keys. */
export class ExportSettings {
  constructor(
    /** Who has signed: the gateway's public URL. */
    readonly issuer: string,
    readonly seal: ExportSeal,
    readonly room: ArchiveRoom = usualRoom,
  ) {}
}
