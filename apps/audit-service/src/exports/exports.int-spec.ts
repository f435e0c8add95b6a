import { createPublicKey, verify } from 'node:crypto';
import { platformLogId } from '@plinth/contracts';
import type { Principal } from '@plinth/http';
import { newId } from '@plinth/kernel';
import { ErasuresService } from '../erasures/erasures.service.js';
import { bootAuditService, memberOf, somePayload, type AuditServiceUnderTest } from '../testing.js';
import { headBytes } from '../trail/chain-head.js';
import { contentHashOf, type SealedContent } from '../trail/content.js';
import { leafHashOf, zeroHash } from '../trail/leaf.js';
import type { ExportedEntry, OwnEntry } from './export-views.js';

let service: AuditServiceUnderTest;
beforeAll(async () => {
  service = await bootAuditService();
});
afterAll(() => service.close());

/** tenant-service, which asks in a tenant's name. */
const asking = (tenantId: string | null): Principal => ({ type: 'service', id: 'tenant-service', tenantId, roles: [], scopes: [] });

interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
  readonly head: { readonly size: number; readonly hash: string; readonly updatedAt: string; readonly keyId: string; readonly signature: string; readonly keys: readonly { x: string; kid: string }[] };
}

async function readAll<T>(tenantId: string, path: string): Promise<{ readonly pages: Page<T>[]; readonly data: T[] }> {
  const pages: Page<T>[] = [];
  for (let next: string | null = ''; next !== null; next = pages.at(-1)?.next ?? null) {
    const answer = await service.call('GET', `/internal/v1/exports/${path}${next === '' ? '' : `${path.includes('?') ? '&' : '?'}before=${next}`}`, asking(tenantId));
    expect(answer.status).toBe(200);
    pages.push(answer.json() as unknown as Page<T>);
  }
  return { pages, data: pages.flatMap(({ data }) => data) };
}

const erase = (person: string) =>
  service.transactor.runSystem('append_audit_entries', (tx) => service.app.get(ErasuresService).erase(tx, { userId: person, erasureId: newId(), subjects: [person] }));

/** What the leaf commits to, put together from what was exported alone. */
function contentOf({ entry, salts, commitments }: ExportedEntry): SealedContent {
  const { id: _, sequence: __, occurredAt: ___, erased: ____, diff: _____, hash: ______, previousHash: _______, ...content } = structuredClone(entry);
  const personal: Record<string, SealedContent['personal'][string]> = {};
  for (const pointer of [...Object.keys(salts), ...Object.keys(commitments)]) {
    const [names, last] = [pointer.split('/').slice(1, -1), pointer.split('/').at(-1) ?? ''];
    const around = names.reduce<Record<string, unknown>>((node, name) => node[name] as Record<string, unknown>, content as Record<string, unknown>);
    const commitment = commitments[pointer];
    personal[pointer] = commitment === undefined ? { salt: salts[pointer] ?? '', value: around[last] as string } : { commitment };
    around[last] = null;
  }
  return { visible: content as SealedContent['visible'], personal };
}

describe('the trail of a tenant, for its archive', () => {
  it('is whole, newest first, as the API shows it, and can be verified by what is in it, erased values included', async () => {
    const [tenantId, other, person] = [newId(), newId(), newId()];
    await service.recordTogether(...Array.from({ length: 230 }, () => somePayload(tenantId, { actor: { type: 'user', id: person } })), somePayload(other));
    await erase(person);
    await service.record(somePayload(tenantId, { reason: 'later' }));
    const { pages, data } = await readAll<ExportedEntry>(tenantId, 'entries');
    expect(pages.map((page) => page.data.length)).toEqual([200, 32, 0]);
    expect(data.map(({ entry }) => entry.sequence)).toEqual(Array.from({ length: 232 }, (_, index) => 232 - index));
    const shown = (await service.call('GET', '/v1/audit/entries?limit=2', memberOf(tenantId))).json() as unknown as { data: unknown };
    expect(data.slice(0, 2).map(({ entry }) => entry)).toEqual(shown.data);

    // As an outsider would, who has nothing but the archive.
    const [{ head }] = pages as [Page<ExportedEntry>];
    const { keys, signature, keyId, ...fields } = head;
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: keys.find(({ kid }) => kid === keyId)?.x ?? '' } });
    expect(verify(null, headBytes({ tenantId, ...fields }, keyId), key, Buffer.from(signature, 'hex'))).toBe(true);
    let expected = head.hash;
    for (const exported of data) {
      const { id, sequence, occurredAt, hash, previousHash } = exported.entry;
      const contentHash = contentHashOf(contentOf(exported));
      expect(exported.contentHash).toBe(contentHash);
      expect(hash).toBe(expected);
      expect(leafHashOf({ tenantId, sequence, id, occurredAt: occurredAt ?? '', contentHash, previousHash: previousHash ?? '' })).toBe(hash);
      expected = previousHash ?? '';
    }
    expect(expected).toBe(zeroHash);
    expect(data.filter(({ commitments }) => '/ip' in commitments)).toHaveLength(230);
  });

  it('comes in parts of about a megabyte, whatever the entries are, and none is left out', async () => {
    const tenantId = newId();
    const large = () => somePayload(tenantId, { before: null, after: { text: 'x'.repeat(400_000) }, personal: [] });
    await service.record(...Array.from({ length: 7 }, large));
    const { pages, data } = await readAll<ExportedEntry>(tenantId, 'entries');
    expect(pages.map((page) => page.data.length)).toEqual([3, 3, 1, 0]);
    expect(data).toHaveLength(7);
  });

  it('is of the tenant in whose name it is asked for, never of the platform for want of one, and for services alone', async () => {
    const [tenantId, other] = [newId(), newId()];
    await service.record(somePayload(tenantId), somePayload(platformLogId));
    expect((await readAll(other, 'entries')).data).toEqual([]);
    for (const path of ['entries', `entries-of-person?person=${newId()}`]) {
      expect((await service.call('GET', `/internal/v1/exports/${path}`, asking(null))).status).toBe(403);
      expect((await service.call('GET', `/internal/v1/exports/${path}`, memberOf(tenantId))).status).toBe(403);
    }
    expect((await service.call('GET', `/internal/v1/exports/logs?person=${newId()}`, memberOf(tenantId))).status).toBe(403);
  });
});

describe('what the trail has of a person, for their archive', () => {
  const some = async () => {
    const [tenantId, person, other] = [newId(), newId(), newId()];
    const ofPerson = (tenant: string, changes: Parameters<typeof somePayload>[1] = {}) => somePayload(tenant, { actor: { type: 'user', id: person }, ...changes });
    const own = (path = '') => readAll<OwnEntry>(tenantId, `entries-of-person?person=${person}${path}`);
    return { tenantId, person, other, ofPerson, own };
  };

  it('is what they did, from where, and of before and after what is theirs alone', async () => {
    const { tenantId, person, other, ofPerson, own } = await some();
    const members = { owner: { id: person, email: 'me@example.com' }, member: { id: other, email: 'other@example.com' }, plan: 'of the company' };
    await service.record(ofPerson(tenantId, { before: null, after: members, personal: ['/after/owner/email', '/after/member/email'], reason: 'because' }));
    await service.record(ofPerson(tenantId, { action: 'member.remove', resource: { type: 'account', id: other }, before: { id: other, email: 'other@example.com' }, after: null, personal: ['/before/email'] }));
    const { data } = await own();
    expect(data).toEqual([
      expect.objectContaining({ as: 'actor', action: 'member.remove', resource: { type: 'account', id: null }, values: { '/ip': '203.0.113.7', '/userAgent': 'Example/1.0' } }),
      {
        ...{ id: expect.any(String), tenantId, occurredAt: '2026-11-22T08:00:00.123Z', as: 'actor', action: 'tenant.update', outcome: 'success' },
        ...{ actor: { type: 'user', id: person }, resource: { type: 'tenant', id: tenantId }, requestId: 'req-1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736', reason: 'because' },
        ...{ values: { '/ip': '203.0.113.7', '/userAgent': 'Example/1.0', '/after/owner/email': 'me@example.com' }, erased: [] },
      },
    ]);
  });

  it('is what was done to them, and neither who did it nor from where', async () => {
    const { tenantId, person, other, own } = await some();
    const invitation = newId();
    const byOther = { actor: { type: 'user', id: other }, reason: 'a word of another' };
    await service.record(
      somePayload(tenantId, { ...byOther, action: 'member.update', resource: { type: 'account', id: person }, before: null, after: { id: person, role: 'admin', email: 'me@example.com' }, personal: ['/after/email'] }),
      somePayload(tenantId, { ...byOther, action: 'invitation.create', resource: { type: 'invitation', id: invitation }, before: null, after: { id: invitation, email: 'me@example.com' }, personal: ['/after/email'] }),
      somePayload(tenantId, { ...byOther, action: 'invitation.create', resource: { type: 'invitation', id: newId() } }),
    );
    const { data } = await own(`&invitations=${invitation}`);
    expect(data.map(({ action, resource, values }) => [action, resource.id, values])).toEqual([
      ['invitation.create', invitation, { '/after/email': 'me@example.com' }],
      ['member.update', person, { '/after/email': 'me@example.com' }],
    ]);
    for (const entry of data) expect(entry).toMatchObject({ as: 'subject', actor: { type: 'user', id: null }, requestId: null, traceId: null, reason: null });
    expect(JSON.stringify(data)).not.toMatch(new RegExp(`${other}|203\\.0\\.113|Example/1|word of another`));
  });

  it('is nothing of others’ entries nor of another tenant’s log, comes in parts, and is found in every log', async () => {
    const { tenantId, person, other, ofPerson, own } = await some();
    const left = newId();
    await service.recordTogether(...Array.from({ length: 205 }, () => ofPerson(tenantId)), ofPerson(left), ofPerson(platformLogId), somePayload(tenantId, { actor: { type: 'user', id: other } }));
    const { pages, data } = await own();
    expect(pages.map((page) => page.data.length)).toEqual([200, 5, 0]);
    expect(new Set(data.map(({ tenantId: of }) => of))).toEqual(new Set([tenantId]));
    const logs = await service.call('GET', `/internal/v1/exports/logs?person=${person}`, asking(null));
    expect((logs.json() as unknown as { tenantIds: string[] }).tenantIds.toSorted()).toEqual([tenantId, left, platformLogId].toSorted());
    expect((await readAll<OwnEntry>(platformLogId, `entries-of-person?person=${person}`)).data).toEqual([expect.objectContaining({ tenantId: null, as: 'actor' })]);
  });
});
