import { Logger } from '@plinth/logging';
import type { HttpAnswer, HttpCall } from '@plinth/resilience';
import { FlagFollower } from './flag-follower.js';

const tenantId = '018f0000-0000-7000-8000-000000000001';
const { signal } = new AbortController();
const flag = { key: 'new-trail', type: 'boolean', version: 1, enabled: true, variants: { on: true, off: false }, defaultVariant: 'off', offVariant: 'off', rules: [], salt: 's' };

function setup() {
  const asked: HttpCall[] = [];
  const answers: (HttpAnswer | Error)[] = [];
  const lines: string[] = [];
  const logger = Logger.create({ service: 'test', level: 'info', format: 'json', destination: { write: (line) => void lines.push(line) } });
  const calls = {
    request: (call: HttpCall) => {
      asked.push(call);
      const answer = answers.shift() ?? new Error('away');
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => void answers.push({ status, headers, body: Buffer.from(body === undefined ? '' : JSON.stringify(body)), cut: false });
  return { follower: new FlagFollower({ calls, logger }), asked, answer, lines };
}

describe('FlagFollower', () => {
  it('knows of no flag before the first answer, and then which there are and which not', async () => {
    const { follower, answer } = setup();
    expect(follower.find('new-trail')).toBeUndefined();
    answer(200, { data: [flag] });
    await follower.runOnce(signal);
    expect([follower.find('new-trail'), follower.find('other')]).toEqual([flag, null]);
  });

  it('asks with the entity tag that it has, and keeps what it has for 304', async () => {
    const { follower, answer, asked } = setup();
    answer(200, { data: [flag] }, { etag: '"one"' });
    answer(304, undefined, { etag: '"one"' });
    answer(200, { data: [] }, { etag: '"two"' });
    await follower.runOnce(signal);
    await follower.runOnce(signal);
    expect(follower.find('new-trail')).toEqual(flag);
    await follower.runOnce(signal);
    expect(follower.find('new-trail')).toBeNull();
    expect(asked.map(({ headers }) => headers?.['if-none-match'])).toEqual([undefined, '"one"', '"one"']);
  });

  it('keeps what it last heard while tenant-service is away, or answers something else', async () => {
    const { follower, answer } = setup();
    answer(200, { data: [flag] }, { etag: '"one"' });
    await follower.runOnce(signal);
    await expect(follower.runOnce(signal)).rejects.toThrow('away');
    for (const [status, body] of [[503, {}], [200, {}], [200, { data: 'x' }], [200, { data: [null] }], [200, { data: [{ ...flag, rules: 'x' }] }]] as const) {
      answer(status, body);
      await expect(follower.runOnce(signal)).rejects.toThrow();
    }
    expect(follower.find('new-trail')).toEqual(flag);
  });

  it('leaves out a flag that it cannot read, which is told by its key, and has the others', async () => {
    const { follower, answer, lines } = setup();
    answer(200, { data: [flag, { ...flag, key: 'newer', rules: [{ variant: 'on', moons: ['full'] }] }] });
    await follower.runOnce(signal);
    expect([follower.find('new-trail'), follower.find('newer')]).toEqual([flag, null]);
    expect(lines).toEqual([expect.stringContaining('newer')]);
  });

  it('asks for a tenant’s tier once in a while', async () => {
    const { follower, answer, asked } = setup();
    answer(200, { tier: 'enterprise' });
    expect([await follower.tierOf(tenantId), await follower.tierOf(tenantId)]).toEqual(['enterprise', 'enterprise']);
    expect(asked.map(({ path }) => path)).toEqual([`/internal/v1/tenants/${tenantId}/tier`]);
  });

  it('knows no tier of no tenant, and fails where there is no answer', async () => {
    const { follower, answer } = setup();
    answer(404, { code: 'tenant_not_found' });
    expect(await follower.tierOf(tenantId)).toBeNull();
    await expect(follower.tierOf('another')).rejects.toThrow('away');
    answer(200, { tier: 'gold' });
    await expect(follower.tierOf('another')).rejects.toThrow('another form');
  });
});
