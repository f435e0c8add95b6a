import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventDefinition } from '@plinth/contracts';
import { eventSchemaFiles } from './event-schemas.ts';

const text = (maxLength: number) => ({ type: 'object', properties: { name: { type: 'string', maxLength } } });
const seen: EventDefinition = { type: 'sample.seen', version: 1, topic: 'plinth.sample', aggregateType: 'sample', schema: text(100) };
const path = 'libs/contracts/schemas/sample.seen.v1.json';

/** A checkout in which these definitions were shipped. */
function setup(...shipped: EventDefinition[]) {
  const root = mkdtempSync(join(tmpdir(), 'plinth-schemas-'));
  mkdirSync(join(root, 'libs/contracts/schemas'), { recursive: true });
  for (const [file, content] of Object.entries(eventSchemaFiles(root, shipped).files)) writeFileSync(join(root, file), content);
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

describe('the locks of shipped events', () => {
  it('are written for a new version', () => {
    using checkout = setup(seen);
    const { files, faults } = eventSchemaFiles(checkout.root, [seen, { ...seen, version: 2 }]);
    expect(faults).toEqual([]);
    expect(Object.keys(files)).toEqual([path, 'libs/contracts/schemas/sample.seen.v2.json']);
    expect(JSON.parse(files[path] ?? '')).toMatchObject({ $id: 'urn:plinth:event:sample.seen:v1', properties: { name: { maxLength: 100 } } });
  });

  it('are not rewritten for another shape, which is a fault', () => {
    using checkout = setup(seen);
    const { files, faults } = eventSchemaFiles(checkout.root, [{ ...seen, schema: text(50) }]);
    expect(faults).toEqual([expect.stringContaining('sample.seen.v1 /name: maxLength 100 -> 50')]);
    expect(files).toEqual({});
  });

  it('are rewritten for another description', () => {
    using checkout = setup(seen);
    const { files, faults } = eventSchemaFiles(checkout.root, [{ ...seen, description: 'Seen.' }]);
    expect(faults).toEqual([]);
    expect(files[path]).toContain('"description": "Seen."');
  });

  it('miss an event that is no longer registered', () => {
    using checkout = setup(seen);
    expect(eventSchemaFiles(checkout.root, []).faults).toEqual([expect.stringContaining('sample.seen.v1 /: was shipped')]);
  });
});
