import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KeyRing } from '@plinth/auth';
import { headBytes, isSignedHead, signHead } from './chain-head.js';
import { contentHashOf, hashedContent, sealContent, type AuditContent } from './content.js';
import { leafBytes, sealLeaf, type LeafFields } from './leaf.js';

interface Vector {
  content: AuditContent;
  personal: string[];
  salts: Record<string, string>;
  hashedContent: string;
  contentHash: string;
  leafBytes: string;
  leafHash: string;
  signingKey: string;
  headBytes: string;
  signature: string;
}

/** The page is the source: an outside verifier is written from it. */
function vectorOfThePage(): Vector {
  const page = readFileSync(join(import.meta.dirname, '../../../../docs/adr/0003-audit-leaf.md'), 'utf8');
  return JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? '') as Vector;
}

describe('the vector in docs/adr/0003-audit-leaf.md', () => {
  const vector = vectorOfThePage();
  const salts = Object.values(vector.salts);
  const sealed = sealContent(vector.content, vector.personal, () => Buffer.from(salts.shift() ?? '', 'hex'));
  const leaf = JSON.parse(vector.leafBytes) as LeafFields;

  it('gives the hashed content and its hash', () => {
    expect(Object.fromEntries(Object.entries(sealed.personal).map(([pointer, { salt }]) => [pointer, salt]))).toEqual(vector.salts);
    expect(hashedContent(sealed)).toBe(vector.hashedContent);
    expect(contentHashOf(sealed)).toBe(vector.contentHash);
  });

  it('gives the leaf and its hash', () => {
    expect(leaf.contentHash).toBe(vector.contentHash);
    expect(leafBytes(leaf).toString('utf8')).toBe(vector.leafBytes);
    expect(sealLeaf(leaf).hash).toBe(vector.leafHash);
  });

  it('gives the head and its signature', () => {
    const keys = KeyRing.of([vector.signingKey]);
    const { updatedAt } = JSON.parse(vector.headBytes) as { updatedAt: string };
    const head = signHead({ tenantId: leaf.tenantId, size: 1, hash: vector.leafHash, updatedAt }, keys);
    expect(headBytes(head, head.keyId).toString('utf8')).toBe(vector.headBytes);
    expect(head.signature).toBe(vector.signature);
    expect(isSignedHead(head, keys)).toBe(true);
  });
});
