/** A file of an archive. */
export interface ArchivedFile {
  /** ASCII, up to 100 characters. */
  readonly name: string;
  readonly bytes: Buffer;
}

const blockBytes = 512;

/**
 * A file of a tar archive (POSIX.1-1988, ustar): the one format of archives that every system reads and that needs no library to write.
 * An archive are its files, and `tarEnd`.
 *
 * @param modifiedAt to the second
 * @returns header, content and filling, one after the other
 * @throws Error for a name that the header has no room for
 */
export function tarEntryOf({ name, bytes }: ArchivedFile, modifiedAt: Date): readonly Buffer[] {
  return [headerOf(name, bytes.length, modifiedAt), bytes, Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes)];
}

/** Two empty blocks. */
export const tarEnd: Buffer = Buffer.alloc(2 * blockBytes);

function headerOf(name: string, size: number, modifiedAt: Date): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new Error('a name that no header of tar holds');
  const header = Buffer.alloc(blockBytes);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
  header.write(name, 0);
  header.write(octal(0o600, 7), 100);
  header.write(octal(0, 7), 108);
  header.write(octal(0, 7), 116);
  header.write(octal(size, 11), 124);
  header.write(octal(Math.floor(modifiedAt.getTime() / 1000), 11), 136);
  // The checksum is computed with spaces in its own place.
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
