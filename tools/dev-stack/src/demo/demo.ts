import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayClient, type SignedIn } from '../gateway-client.ts';
import { runCommand, say, secondsSince, UserError } from '../output.ts';
import { homeFrom, readEnvironment } from '../settings.ts';
import { readStackFile, type StackFacts } from '../stack-file.ts';
import { asSuperuser, renamingEvents, setAction } from './database.ts';
import { findEvent } from './find-event.ts';
import { aiCall, apiKey, deadLetter, jobRun, suspension } from './platform-steps.ts';
import { median, Story } from './story.ts';

interface AuditEntry {
  readonly sequence: number;
  readonly actor: { readonly type: string; readonly id: string };
  readonly action: string;
  readonly ip: string;
  readonly userAgent: string;
  readonly requestId: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly diff: { readonly changed: Readonly<Record<string, unknown>> };
  readonly hash: string;
  readonly previousHash: string;
}

const latencySamples = 15;
const userAgent = 'plinth-demo/1.0';

const started = performance.now();
await runCommand(async () => {
  const facts = runningStack();
  const story = new Story();
  const gateway = new GatewayClient(facts.gatewayUrl);
  await services(story, facts);
  const owner = await signUp(story, gateway);
  const requestId = await change(story, gateway, owner);
  await events(story, facts, owner);
  const entry = await trail(story, gateway, owner, requestId);
  await latency(story, gateway, owner);
  await apiKey(story, gateway, owner);
  const operatorToken = await gateway.signIn(facts.operator.email, facts.operator.password);
  await suspension(story, gateway, owner, operatorToken);
  await aiCall(story, gateway, facts, owner);
  await deadLetter(story, gateway, facts, owner, operatorToken);
  await jobRun(story, gateway, operatorToken);
  await evidence(story, facts, gateway, owner, entry);
  say(`\nThat was the whole path, on real requests, PostgreSQL and Kafka, in ${secondsSince(started)}.`);
});

function runningStack(): StackFacts {
  const facts = readStackFile(homeFrom(readEnvironment()));
  if (facts === undefined) throw new UserError('there is no running stack here: make up starts one');
  return facts;
}

async function services(story: Story, facts: StackFacts): Promise<void> {
  story.step('Six services are ready');
  for (const [name, { url }] of Object.entries(facts.services)) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.status !== 200) throw new UserError(`${name} is not ready at ${url}: make up mends it, make status tells more`);
    const { status } = (await answer.json()) as { status: string };
    story.check(`${name} at ${url}`, status, 'ok');
  }
}

async function signUp(story: Story, gateway: GatewayClient): Promise<SignedIn> {
  story.step('Somebody signs up, consents to the policies, and signs in');
  const email = `ada-${randomBytes(4).toString('hex')}@plinth.example`;
  const owner = await gateway.signUp(email, randomBytes(12).toString('base64url'), 'Analytical Engines');
  story.tell(`tenant ${owner.tenantId}, owner ${owner.userId}`);
  const header = JSON.parse(Buffer.from(owner.token.split('.')[0] ?? '', 'base64url').toString()) as { alg: string; typ: string; kid: string };
  const { body } = await gateway.call<{ keys: { kid: string }[] }>('GET', '/.well-known/jwks.json');
  story.check('the access token is', `${header.alg} ${header.typ}`, 'EdDSA at+jwt');
  story.check('its key is among the published ones', body.keys.some(({ kid }) => kid === header.kid), true);
  story.check('without a token the tenant answers', (await gateway.call('GET', `/v1/tenants/${owner.tenantId}`)).status, 401);
  return owner;
}

async function change(story: Story, gateway: GatewayClient, owner: SignedIn): Promise<string> {
  story.step('The owner renames the tenant; the network hiccups and the client sends it again');
  const requestId = randomUUID();
  const idempotencyKey = randomUUID();
  const send = (headers: Record<string, string>, name = 'Analytical Engines Ltd') =>
    gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { name }, idempotencyKey, headers: { 'user-agent': userAgent, ...headers } });
  const first = await send({ 'x-request-id': requestId });
  story.check('the first answer', first.status, 200);
  const again = await send({});
  story.check('the second answer is the first, byte for byte', again.text === first.text, true);
  story.check('and says so', again.headers.get('idempotent-replayed'), 'true');
  story.check('the same key for another request answers', (await send({}, 'Something else')).status, 422);
  return requestId;
}

async function events(story: Story, facts: StackFacts, owner: SignedIn): Promise<void> {
  story.step('The change, its idempotency record and its events were one transaction; the relay published the events');
  const rows = await renamingEvents(facts.databaseUrl, owner.tenantId);
  story.check('outbox rows of the renaming', rows.length, 1);
  const event = await findEvent(facts.kafkaBrokers, 'plinth.tenancy', rows[0] ?? '');
  story.tell(`${event.topic}[${event.partition}] at offset ${event.offset}: ${event.value}`);
  story.check('CloudEvents type', event.headers['ce_type'], 'tenant.updated.v1');
  story.check('key = aggregate', event.key, owner.tenantId);
}

async function entries(gateway: GatewayClient, owner: SignedIn, query = ''): Promise<readonly AuditEntry[]> {
  const { status, text, body } = await gateway.call<{ data: AuditEntry[] }>('GET', `/v1/audit/entries${query}`, { token: owner.token });
  if (status !== 200) throw new UserError(`the audit trail answered ${status}: ${text}`);
  return body.data;
}

/** Polls until an entry is there. @throws UserError after 10 s */
async function entryWhere(gateway: GatewayClient, owner: SignedIn, matches: (entry: AuditEntry) => boolean): Promise<AuditEntry> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const found = (await entries(gateway, owner, '?limit=10')).find(matches);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new UserError('the audit entry did not appear within 10 s: make logs s=audit-service');
    await pause(5);
  }
}

async function trail(story: Story, gateway: GatewayClient, owner: SignedIn, requestId: string): Promise<AuditEntry> {
  story.step('The audit trail tells who did what, from where');
  const entry = await entryWhere(gateway, owner, (candidate) => candidate.requestId === requestId);
  story.check('action', entry.action, 'tenant.update');
  story.check('actor', entry.actor, { type: 'user', id: owner.userId });
  story.check('address and client', [entry.ip, entry.userAgent], ['127.0.0.1', userAgent]);
  story.check('what changed', entry.diff.changed['name'], { before: 'Analytical Engines', after: 'Analytical Engines Ltd' });
  story.tell(`entry ${entry.sequence}: ${entry.previousHash.slice(0, 12)}… -> ${entry.hash.slice(0, 12)}…`);
  return entry;
}

async function latency(story: Story, gateway: GatewayClient, owner: SignedIn): Promise<void> {
  story.step(`How long from a write's answer to its entry? (${latencySamples} writes, one after the other)`);
  const samples: number[] = [];
  for (let i = 0; i < latencySamples; i++) {
    const requestId = randomUUID();
    await gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, body: { settings: { run: i } }, headers: { 'x-request-id': requestId } });
    const answered = performance.now();
    await entryWhere(gateway, owner, (entry) => entry.requestId === requestId);
    samples.push(performance.now() - answered);
  }
  story.tell(`p50 ${median(samples).toFixed(0)} ms, slowest ${Math.max(...samples).toFixed(0)} ms (goal: p50 under 150 ms)`);
}

async function evidence(story: Story, facts: StackFacts, gateway: GatewayClient, owner: SignedIn, entry: AuditEntry): Promise<void> {
  const verify = () => gateway.call<{ valid?: boolean; entries?: number; findings?: { sequence: number; kind: string; detail: string }[] }>('POST', '/v1/audit/verify', { token: owner.token });
  story.step('The trail verifies');
  const intact = await verify();
  story.check('verification answers', [intact.status, intact.body.valid], [200, true]);
  story.tell(`${intact.body.entries} entries`);

  story.step('A superuser edits a row behind its back');
  const outcome = await asSuperuser(facts.databaseUrl, async (client) => {
    const tampered = await setAction(client, owner.tenantId, entry.sequence, 'tenant.read');
    story.tell(`entry ${entry.sequence}: action ${tampered.before} -> ${tampered.after}`);
    try {
      const broken = await verify();
      story.check('verification answers', broken.status, 409);
      story.check('and finds', broken.body.findings?.map(({ sequence, kind }) => `${kind} ${sequence}`), [`altered ${entry.sequence}`]);
    } finally {
      await setAction(client, owner.tenantId, entry.sequence, tampered.before);
    }
    story.tell('the original bytes are put back');
    story.check('verification answers', (await verify()).status, 200);
    return true;
  });
  if (outcome === null) story.tell('left out: the administrator of this database is no superuser, and the table\'s triggers refuse anyone else');
}
