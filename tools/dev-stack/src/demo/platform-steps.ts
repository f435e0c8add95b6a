import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { mistyped, type CallAnswer, type GatewayClient, type SignedIn } from '../gateway-client.ts';
import { UserError } from '../output.ts';
import type { StackFacts } from '../stack-file.ts';
import { asSuperuser } from './database.ts';
import type { Story } from './story.ts';

/** Polls until the value is there. @throws UserError that names what did not come */
export async function until<T>(what: string, find: () => Promise<T | undefined>, withinMs = 15_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new UserError(`${what} did not come within ${withinMs / 1000} s (make logs shows why)`);
    await pause(25);
  }
}

/** A key for a partner system: shown once, limited to its scopes, and dead when revoked. */
export async function apiKey(story: Story, gateway: GatewayClient, owner: SignedIn): Promise<void> {
  story.step('A partner system gets an API key that may read the tenant, and loses it again');
  const created = await gateway.call<{ id: string; key: string }>('POST', '/v1/api-keys', {
    token: owner.token,
    body: { name: 'partner', scopes: ['tenant.read'] },
  });
  story.check('creation answers', created.status, 201);
  story.tell(`${created.body.key.slice(0, 12)}… is shown this once`);
  const withKey = (method: string, body?: object) =>
    gateway.call(method, `/v1/tenants/${owner.tenantId}`, { headers: { 'x-api-key': created.body.key }, ...(body === undefined ? {} : { body }) });
  story.check('it reads', (await withKey('GET')).status, 200);
  story.check('it does not write', (await withKey('PATCH', { name: 'x' })).status, 403);
  await gateway.call('DELETE', `/v1/api-keys/${created.body.id}`, { token: owner.token });
  await until('the refusal of the revoked key', async () => ((await withKey('GET')).status === 401 ? true : undefined), 3_000);
  story.tell('✓ revoked, it is refused with 401');
}

/** An operator stops a tenant's calls, and lets them go on. */
export async function suspension(story: Story, gateway: GatewayClient, owner: SignedIn, operatorToken: string): Promise<void> {
  story.step('An operator suspends the tenant, and restores it');
  const read = (): Promise<CallAnswer> => gateway.call('GET', `/v1/tenants/${owner.tenantId}`, { token: owner.token });
  const suspended = await gateway.call('POST', `/v1/tenants/${owner.tenantId}/suspend`, { token: operatorToken, body: { reason: 'the demo says so' } });
  story.check('suspension answers', suspended.status, 200);
  const began = performance.now();
  const refused = await until('the refusal', async () => {
    const answer = await read();
    return answer.status === 403 ? answer : undefined;
  }, 3_000);
  story.check('the tenant\'s calls are refused with', refused.body['code'], 'tenant_suspended');
  story.tell(`${(performance.now() - began).toFixed(0)} ms after the operator's answer`);
  await gateway.call('POST', `/v1/tenants/${owner.tenantId}/restore`, { token: operatorToken, body: {} });
  await until('the restored tenant', async () => ((await read()).status === 200 ? true : undefined), 3_000);
  story.tell('✓ restored, they go through again');
}

/** A chat completion, streamed, by the OpenAI-compatible route with a Plinth key. */
export async function aiCall(story: Story, gateway: GatewayClient, facts: StackFacts, owner: SignedIn): Promise<void> {
  story.step('A chat completion by the OpenAI-compatible route, with a Plinth key');
  const { body: key } = await gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: owner.token, body: { name: 'ai', scopes: ['ai.use'] } });
  const models = await gateway.call<{ data: { id: string }[] }>('GET', '/v1/models', { token: key.key });
  story.check('models answer', models.status, 200);
  const model = models.body.data[0]?.id ?? '';
  const answer = await gateway.call<{ choices: { message: { content: string } }[]; usage: { total_tokens: number } }>('POST', '/v1/chat/completions', {
    token: key.key,
    idempotencyKey: null,
    body: { model, messages: [{ role: 'user', content: 'Say hello.' }] },
  });
  story.check(`${model} answers`, answer.status, 200);
  story.tell(`"${answer.body.choices[0]?.message.content.slice(0, 60)}", ${answer.body.usage.total_tokens} tokens`);
  story.check('a wrong key', (await gateway.call('GET', '/v1/models', { token: mistyped(key.key) })).status, 401);
  story.tell(`the official client works by its base URL: ${facts.gatewayUrl}/v1`);
}

interface DeadLetter {
  readonly id: string;
  readonly group: string;
  readonly error: string;
  readonly attempts: number;
  readonly tenantId: string | null;
}

/** The audit table loses a permission; what cannot be recorded is put aside, and sent again after the mend. */
export async function deadLetter(story: Story, gateway: GatewayClient, facts: StackFacts, owner: SignedIn, operatorToken: string): Promise<void> {
  story.step('A handler fails: its event is put aside, and sent again after the mend');
  const requestId = randomUUID();
  const outcome = await asSuperuser(facts.databaseUrl, async (client) => {
    await client.query('REVOKE INSERT ON audit.entry FROM plinth_audit_system');
    try {
      await gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { settings: { put: 'aside' } }, headers: { 'x-request-id': requestId } });
      return await until('the dead letter', async () => {
        const { body } = await gateway.call<{ data: DeadLetter[] }>('GET', '/v1/admin/dead-letters?status=pending&limit=200', { token: operatorToken });
        return body.data.find(({ tenantId }) => tenantId === owner.tenantId);
      }, 30_000);
    } finally {
      await client.query('GRANT INSERT ON audit.entry TO plinth_audit_system');
    }
  });
  if (outcome === null) {
    story.tell('left out: the administrator of this database is no superuser, so the fault cannot be made');
    return;
  }
  story.tell(`${outcome.group} gave up after ${outcome.attempts} attempts: ${outcome.error}`);
  const redriven = await gateway.call('POST', `/v1/admin/dead-letters/${outcome.id}/redrive`, { token: operatorToken, body: {} });
  story.check('redrive answers', redriven.status < 300, true);
  await until('the entry of the redriven event', async () => {
    const { body } = await gateway.call<{ data: { requestId: string }[] }>('GET', '/v1/audit/entries?limit=10', { token: owner.token });
    return body.data.find((entry) => entry.requestId === requestId);
  });
  story.tell('✓ the entry is in the trail, once');
}

/** A job on demand: the purge of what was published and has expired. */
export async function jobRun(story: Story, gateway: GatewayClient, operatorToken: string): Promise<void> {
  story.step('An operator runs a job now');
  const { body: jobs } = await gateway.call<{ data: { name: string; cron: string }[] }>('GET', '/v1/admin/jobs', { token: operatorToken });
  const job = jobs.data[0];
  if (job === undefined) throw new UserError('there is no job');
  const started = await gateway.call<{ runId: string }>('POST', `/v1/admin/jobs/${job.name}/run`, { token: operatorToken, body: {} });
  story.check(`${job.name} (cron ${job.cron}) answers`, started.status, 202);
  const run = await until('the end of the run', async () => {
    const { body } = await gateway.call<{ data: { id: string; outcome: string | null; durationMs: number }[] }>('GET', `/v1/admin/jobs/${job.name}/runs`, { token: operatorToken });
    return body.data.find(({ id, outcome }) => id === started.body.runId && outcome !== null);
  });
  story.check('it', run.outcome, 'succeeded');
  story.tell(`in ${run.durationMs} ms`);
}
