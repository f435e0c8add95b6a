import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tarEnd, tarEntryOf } from './tar.js';

describe('a tar archive', () => {
  it('is what tar unpacks to the same bytes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-tar-'));
    try {
      const files = [
        { name: 'empty.json', bytes: Buffer.alloc(0) },
        { name: 'one-block.json', bytes: Buffer.alloc(512, 'a') },
        { name: 'data/text.json', bytes: Buffer.from('[{"name":"Zoë"}]\n') },
      ];
      writeFileSync(join(folder, 'it.tar'), Buffer.concat([...files.flatMap((file) => tarEntryOf(file, new Date('2026-11-27T20:00:00Z'))), tarEnd]));
      execFileSync('tar', ['-xf', 'it.tar'], { cwd: folder });
      for (const { name, bytes } of files) expect(readFileSync(join(folder, name)).equals(bytes)).toBe(true);
      expect(execFileSync('tar', ['-tvf', 'it.tar'], { cwd: folder, env: { ...process.env, TZ: 'UTC' } }).toString()).toContain('2026-11-27 20:00');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each(['', 'x'.repeat(101), 'é', 'a b', 'a\0b'])('refuses the name %j', (name) => {
    expect(() => tarEntryOf({ name, bytes: Buffer.alloc(0) }, new Date())).toThrow('no header');
  });
});
