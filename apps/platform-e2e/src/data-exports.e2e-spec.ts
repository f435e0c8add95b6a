import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { eventually } from '@plinth/testing';
import { runningStack } from './stack.js';

const verifier = resolve(import.meta.dirname, '../../../tools/operator/src/verify-export-cli.ts');

describe('a copy of one’s data', () => {
  const stack = runningStack();
  const { gateway } = stack;
  const folder = mkdtempSync(join(tmpdir(), 'plinth-export-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  const verify = (archive: string, jwks: string) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [verifier, archive, jwks], { encoding: 'utf8', timeout: 60_000 });
    return { status, said: stdout + stderr };
  };
  const fetchBytes = async (path: string, token?: string) => {
    const answer = await fetch(new URL(path, stack.facts.gatewayUrl), { headers: token === undefined ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(30_000) });
    return { status: answer.status, bytes: Buffer.from(await answer.arrayBuffer()) };
  };

  it.each(['person', 'tenant'])('of a %s is made, handed out, recorded each time, and verified offline; what was changed is found', async (of) => {
    const owner = await stack.newTenant('Of copies');
    const { token, password } = owner;
    const [registered] = await eventually(
      async () => {
        const found = await stack.auditEntries(owner, '?action=auth.register');
        expect(found).toHaveLength(1);
        return found;
      },
      { withinMs: 30_000 },
    );
    const used = await gateway.call('POST', '/v1/chat/completions', { token, body: { model: 'demo', messages: [{ role: 'user', content: 'hello' }] } });
    expect([used.status, used.text]).toEqual([200, expect.any(String)]);
    const at = of === 'person' ? '/v1/auth/exports' : `/v1/tenants/${owner.tenantId}/exports`;
    const asked = await gateway.call<{ id: string }>('POST', at, { token, body: { password } });
    expect([asked.status, asked.headers.get('location')]).toEqual([202, `${at}/${asked.body.id}`]);
    await eventually(
      async () => {
        const { body } = await gateway.call<{ status: string }>('GET', `${at}/${asked.body.id}`, { token });
        expect(body.status).toBe('ready');
      },
      { withinMs: 30_000 },
    );
    const { status, bytes } = await fetchBytes(`${at}/${asked.body.id}/archive`, token);
    expect(status).toBe(200);
    const unpacked = gunzipSync(bytes);
    // What three services hold of them: the account, the trail with the address of the caller, the use of a model.
    for (const held of [owner.email, registered?.id ?? '', `"${registered?.ip}"`, 'data/ai_usage_record/00001.json', '"demo"']) expect([held, unpacked.includes(held)]).toEqual([held, true]);
    expect(unpacked.includes('"incomplete": []')).toBe(true);

    const jwks = file('jwks.json', (await fetchBytes('/.well-known/jwks.json')).bytes);
    const sound = verify(file('archive.tar.gz', bytes), jwks);
    expect(sound).toEqual({ status: 0, said: expect.stringContaining(`valid: ${of} ${of === 'person' ? owner.userId : owner.tenantId}`) });
    const changed = gunzipSync(readFileSync(join(folder, 'archive.tar.gz')));
    const email = changed.indexOf(owner.email);
    changed.writeUInt8(changed.readUInt8(email) ^ 1, email);
    const forged = verify(file('forged.tar.gz', gzipSync(changed)), jwks);
    expect([forged.status, forged.said]).toEqual([1, expect.stringContaining('was changed')]);

    const stranger = await stack.newTenant('Of nobody');
    expect((await fetchBytes(`${at}/${asked.body.id}/archive`, stranger.token)).status).toBe(404);
    await eventually(
      async () => {
        const actions = (await stack.auditEntries(owner)).map(({ action }) => action).filter((action) => action.startsWith('data_export.'));
        expect(actions.toSorted()).toEqual(['data_export.download', 'data_export.request']);
      },
      { withinMs: 30_000 },
    );
  });
});
