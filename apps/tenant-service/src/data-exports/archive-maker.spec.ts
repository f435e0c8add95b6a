import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { KeyRing } from '@plinth/auth';
import { newId } from '@plinth/kernel';
import { randomSeed } from '@plinth/testing';
import type { ArchivedTable } from './archive-contents.js';
import { ArchiveMaker } from './archive-maker.js';
import { ArchiveTooLarge, ArchiveWriter, type Incomplete } from './archive.js';
import { ExportSeal } from './export-seal.js';
import { ExportSettings, type ArchiveRoom } from './export-settings.js';

const createdAt = new Date('2026-11-27T20:00:00Z');
const run = { signal: new AbortController().signal, progress: () => Promise.resolve() };
/** What does not get smaller by packing. */
const noise = (bytes: number) => [{ noise: randomBytes(bytes).toString('base64') }];

async function* pagesOf(name: string, count: number, bytes: number): AsyncGenerator<ArchivedTable> {
  for (let page = 0; page < count; page += 1) yield await Promise.resolve({ name, rows: noise(bytes) });
}

/** A maker of a tenant's archive, whose other services have so many pages. */
function setup(room?: ArchiveRoom) {
  const contents = { ofTenant: () => Promise.resolve([{ name: 'tenant', rows: [{ some_name: 'Acme' }] }]) };
  const parts = { usage: () => pagesOf('ai_usage_record', 3, 1_000), trailOfTenant: () => pagesOf('audit_entry', 20, 10_000) };
  const settings = new ExportSettings('http://gateway.test', new ExportSeal([randomBytes(32)]), room);
  const maker = new ArchiveMaker(contents as never, parts as never, settings, KeyRing.of([randomSeed()]));
  const facts = { id: newId(), tenantId: newId(), accountId: newId() };
  const make = async (signal = run.signal) => {
    const text = gunzipSync(await maker.make(facts, createdAt, { ...run, signal })).toString('latin1');
    const manifest = text.slice(text.indexOf('{\n  "format"'), text.indexOf('\n}\n', text.indexOf('{\n  "format"')) + 2);
    return JSON.parse(manifest) as { readonly files: readonly { name: string; rows: number }[]; readonly incomplete: readonly Incomplete[] };
  };
  return { make, facts };
}

describe('the archive of a tenant', () => {
  it('holds every page of what other services have, each as a file, and says that nothing is missing', async () => {
    const { files, incomplete } = await setup().make();
    expect(files.map(({ name }) => name)).toEqual(['data/tenant.json', ...names('ai_usage_record', 3), ...names('audit_entry', 20)]);
    expect(incomplete).toEqual([]);
  });

  it('says how much of a part there was no room for, and holds the newest', async () => {
    const { make, facts } = setup({ usage: { packed: 1_000_000, unpacked: 1_000_000 }, trail: { packed: 60_000, unpacked: 1_000_000 } });
    const { files, incomplete } = await make();
    const trail = files.filter(({ name }) => name.includes('audit_entry'));
    expect(trail.length).toBeGreaterThan(2);
    expect(trail.length).toBeLessThan(8);
    expect(trail.map(({ name }) => name)).toEqual(names('audit_entry', trail.length));
    expect(incomplete).toEqual([{ what: 'audit.entry', tenantId: facts.tenantId, rows: trail.length, why: expect.stringContaining('newest') }]);
  });

  it('is measured by what it unpacks to, as well', async () => {
    const { incomplete } = await setup({ usage: { packed: 1_000_000, unpacked: 2_000 }, trail: { packed: 1_000_000, unpacked: 1_000_000 } }).make();
    expect(incomplete).toEqual([expect.objectContaining({ what: 'ai.usage_record' })]);
  });

  it('is not made on by a process that stops', async () => {
    await expect(setup().make(AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
  });

  it.each([{ packed: 150_000, unpacked: 1_000_000 }, { packed: 1_000_000, unpacked: 150_000 }])('is refused where it would be larger than %j', async (most) => {
    const writer = new ArchiveWriter(createdAt, most);
    await writer.add('one', noise(100_000));
    await expect(writer.add('two', noise(200_000))).rejects.toThrow(ArchiveTooLarge);
  });
});

const names = (table: string, count: number) => Array.from({ length: count }, (_, index) => `data/${table}/${String(index + 1).padStart(5, '0')}.json`);
