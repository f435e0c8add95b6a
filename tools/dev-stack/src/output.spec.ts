import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePrivateFile } from './files.ts';
import { storageFault } from './output.ts';

describe('what the machine refuses', () => {
  it.each([
    ['ENOSPC', 'the disk is full (writing /home/x/run)'],
    ['EDQUOT', 'the disk is full (writing /home/x/run)'],
    ['EROFS', 'its file system is read-only'],
    ['EACCES', '/home/x/run may not be read or written by user'],
  ])('is one line for %s, with the file and what to do', (code, line) => {
    const text = storageFault(Object.assign(new Error('it failed'), { code, path: '/home/x/run' }));
    expect(text).toContain(line);
    expect(text).toContain('PLINTH_HOME');
  });

  it('is nothing for a defect of our own', () => {
    expect(storageFault(new TypeError('x is undefined'))).toBeUndefined();
    expect(storageFault(undefined)).toBeUndefined();
  });

  it('leaves no half-written file behind', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-files-'));
    // A folder in the file's place: the last step, the renaming, fails.
    mkdirSync(join(folder, 'taken'));
    expect(() => writePrivateFile(join(folder, 'taken'), 'content')).toThrow();
    expect(readdirSync(folder)).toEqual(['taken']);
    rmSync(folder, { recursive: true });
  });
});
