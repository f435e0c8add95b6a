import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { boundaries, boundariesOfSpecs } from './boundaries.ts';

const workspace = resolve(import.meta.dirname, '../../..');
const constraints = [...boundaries.depConstraints, ...boundariesOfSpecs.depConstraints];

function tagsOf(manifest: string): readonly string[] {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { nx?: { tags?: string[] } }).nx?.tags ?? [];
}

const projects = ['apps', 'libs', 'tools'].flatMap((folder) =>
  readdirSync(join(workspace, folder))
    .map((name) => ({ name: `${folder}/${name}`, manifest: join(workspace, folder, name, 'package.json') }))
    .filter(({ manifest }) => existsSync(manifest)),
);

describe('The boundaries between projects', () => {
  it('let nobody depend on an app', () => {
    expect(constraints.filter(({ onlyDependOnLibsWithTags }) => onlyDependOnLibsWithTags.includes('type:app'))).toEqual([]);
  });

  it('hold no constraint for everything or to everything', () => {
    const tags = constraints.flatMap(({ sourceTag, onlyDependOnLibsWithTags }) => [sourceTag, ...onlyDependOnLibsWithTags]);
    expect(tags.filter((tag) => tag.includes('*'))).toEqual([]);
  });

  it('let the code that ships depend on no testing library', () => {
    const shipped = ['type:app', 'type:platform', 'type:contract', 'type:util'];
    const shipping = boundaries.depConstraints.filter(({ sourceTag }) => shipped.includes(sourceTag));
    expect(shipping).toHaveLength(shipped.length);
    expect(shipping.flatMap(({ onlyDependOnLibsWithTags }) => onlyDependOnLibsWithTags)).not.toContain('type:testing');
  });

  it.each(projects)('constrain $name by its type and by its scope', ({ manifest }) => {
    const tags = tagsOf(manifest).filter((tag) => constraints.some(({ sourceTag }) => sourceTag === tag));
    expect(tags.map((tag) => tag.split(':')[0]).sort()).toEqual(['scope', 'type']);
  });
});
