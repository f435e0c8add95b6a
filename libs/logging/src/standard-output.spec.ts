import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLine } from './standard-output.js';

describe('the lines on standard output', () => {
  it('arrive whole', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-log-'));
    const fd = openSync(join(folder, 'log'), 'w');
    writeLine(fd, '{"message":"größer"}\n');
    writeLine(fd, '{}\n');
    closeSync(fd);
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('{"message":"größer"}\n{}\n');
    rmSync(folder, { recursive: true });
  });

  it('are lost on a full disk, without an error for who logs', () => {
    const full = openSync('/dev/full', 'w');
    expect(() => writeLine(full, '{}\n')).not.toThrow();
    closeSync(full);
  });
});
