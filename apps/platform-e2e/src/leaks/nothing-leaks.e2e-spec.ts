import { testCollectorOffset, type SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { eventually, FakeCollector } from '@plinth/testing';
import { gatewayRoutes } from '../gateway-routes.js';
import { runningStack } from '../stack.js';
import { LeakSearch, type Evidence } from './evidence.js';
import { mayHold } from './holders.js';
import { HostileInputs, type Answered } from './hostile-inputs.js';
import { InnerFaults } from './inner-faults.js';
import { callModels } from './model-calls.js';
import { Plants } from './plants.js';
import { readDatabase, readDesk, readLogs, readMetrics } from './readers.js';

/**
 * Rule 6 over a running suite: strings that occur nowhere else are put into every input there is, and are looked for in
 * everything that can be read afterwards.
 */
describe('what callers send', () => {
  const stack = runningStack();
  const plants = new Plants();
  const control = new Plants();
  const answers: Answered[] = [];
  let owner: SignedIn;
  let operator: string;
  let search: LeakSearch;
  let collector: FakeCollector;
  const controlId = control.name('request id').replace('Acme ', 'control-');

  beforeAll(async () => {
    collector = await FakeCollector.listen(Number(new URL(stack.facts.gatewayUrl).port) + testCollectorOffset);
    owner = await stack.gateway.signUp(plants.email('sign-up'), plants.password('sign-up'), plants.name('sign-up'));
    operator = await stack.gateway.signIn(stack.facts.operator.email, stack.facts.operator.password);
    const routes = await gatewayRoutes();
    const leaving = { ...owner, token: await stack.gateway.signIn(owner.email, owner.password) };
    for (const [who, theirs] of [[owner, routes.filter(({ access }) => access !== 'leaving')], [leaving, routes.filter(({ access }) => access === 'leaving')]] as const) {
      answers.push(...(await new HostileInputs(stack.gateway.url, plants, who).sendAll(theirs)));
    }
    answers.push(...(await wellFormed()), ...(await callModels(stack.gateway.url, plants, owner)));
    const inner = new InnerFaults(stack, plants, owner, operator);
    answers.push({ place: 'refused row', ...(await inner.refuseRows()) });
    await inner.poison();
    await inner.refuseEvent();
    await inner.failJob();
    await stack.gateway.call('GET', '/v1/audit/entries', { token: owner.token, headers: { 'x-request-id': controlId, 'user-agent': control.name('user agent') } });
    await stack.gateway.call('PATCH', `/v1/tenants/${owner.tenantId}`, { token: owner.token, headers: { 'user-agent': control.name('user agent of a write') }, body: { name: control.name('tenant') } });
    await eventually(async () => expect(await stack.query(`SELECT 1 FROM tenancy.event_outbox WHERE status = 'pending'`)).toEqual([]), { withinMs: 30_000 });
    search = new LeakSearch([...plants.all, ...control.all]);
  }, 600_000);

  afterAll(() => collector.stop());

  /** Requests that succeed, or fail by what they mean and not by their form. */
  async function wellFormed(): Promise<Answered[]> {
    const { gateway } = stack;
    const send = async (place: string, method: string, path: string, body?: object): Promise<Answered> => {
      const { status, text } = await gateway.call(method, path, { token: owner.token, idempotencyKey: newId(), ...(body === undefined ? {} : { body }) });
      return { place, status, text };
    };
    const consents = await gateway.requiredConsents();
    const tenant = `/v1/tenants/${owner.tenantId}`;
    return [
      await send('sign-up again', 'POST', '/v1/auth/register', { email: owner.email, password: plants.password('sign-up again'), tenantName: plants.name('sign-up again'), consents }),
      await send('wrong password', 'POST', '/v1/auth/login', { email: owner.email, password: plants.password('wrong password') }),
      await send('unknown account', 'POST', '/v1/auth/login', { email: plants.email('unknown account'), password: plants.password('unknown account') }),
      await send('tenant', 'PATCH', tenant, { name: plants.name('tenant'), contactEmail: plants.email('tenant'), settings: { note: plants.payload('tenant') } }),
      await send('key', 'POST', '/v1/api-keys', { name: plants.name('key'), scopes: ['tenant.read'] }),
      await send('key with unknown scope', 'POST', '/v1/api-keys', { name: plants.name('key with unknown scope'), scopes: [plants.signature('key with unknown scope')] }),
      await send('search', 'GET', `/v1/audit/entries?q=${encodeURIComponent(plants.email('search'))}`),
      await send('suspension', 'POST', `${tenant}/suspend`, { reason: plants.prompt('suspension') }),
    ];
  }

  function leaks(evidence: readonly Evidence[]) {
    return search.leaks(evidence).filter(({ found, planted, kind }) => !mayHold(found, kind) && !control.all.some(({ place }) => place === planted));
  }

  it('was sent, some 2,000 strings in every kind of place, and was answered as it should be', () => {
    expect(plants.all.length).toBeGreaterThan(2_000);
    expect(answers.length).toBeGreaterThan(400);
    const counts = Map.groupBy(answers, ({ status }) => status);
    for (const status of [200, 201, 400, 401, 403, 404, 405, 409, 413, 414, 415, 422, 429, 431, 500, 502]) expect([...counts.keys()]).toContain(status);
  });

  it('is found by the search where it has to be: the search works', async () => {
    const places = (evidence: readonly Evidence[]) => search.leaks(evidence).map(({ found, planted }) => `${planted} in ${found}`);
    expect(places(readLogs(stack))).toEqual(expect.arrayContaining(['request id in log gateway.log', 'request id in log audit-service.log']));
    const database = places(await readDatabase(stack));
    expect(database).toEqual(expect.arrayContaining(['tenant in tenancy.tenant.name', 'tenant in audit.entry.after']));
    expect(database).toEqual(expect.arrayContaining(['poison: bad payload in relay.dead_letter.value', 'poison: bad payload in relay.dead_letter.headers']));
  });

  it('is in no log file', () => {
    expect(leaks(readLogs(stack))).toEqual([]);
  });

  it('breaks no line of a log: one JSON object a line', () => {
    const services = new Set(Object.keys(stack.facts.services).map((name) => `log ${name}.log`));
    const logs = readLogs(stack).filter(({ place }) => services.has(place));
    expect(logs).toHaveLength(services.size);
    for (const { text } of logs) {
      for (const line of text.split(/[\n\r\u0085\u2028\u2029]/).filter((one) => one !== '')) {
        expect(JSON.parse(line)).toMatchObject({ level: expect.any(Number), msg: expect.any(String), service: expect.any(String) });
      }
    }
  });

  it('is in no metric', async () => {
    const metrics = await readMetrics(stack);
    for (const { text } of metrics) expect(text).toContain('plinth_http_requests_total');
    expect(leaks(metrics)).toEqual([]);
  });

  it('is in no span', async () => {
    const services = new Set(Object.keys(stack.facts.services));
    await eventually(() => expect(new Set(collector.spans.map(({ service }) => service))).toEqual(services), { withinMs: 60_000 });
    expect(collector.spans.filter(({ failed }) => failed).length).toBeGreaterThan(0);
    expect(leaks([{ place: 'span', text: collector.text }])).toEqual([]);
  });

  it('is in no body or header of an error', () => {
    const errors = answers.filter(({ status }) => status >= 400).map(({ place, status, text }) => ({ place: `${status} to ${place}`, text }));
    expect(leaks(errors)).toEqual([]);
  });

  it('is in no column of the database but those that are there for it', async () => {
    expect(leaks(await readDatabase(stack))).toEqual([]);
  });

  it("is in nothing that operators are shown of outboxes, jobs and dead letters, a letter's own bytes apart", async () => {
    const desk = await readDesk(stack, operator);
    expect(desk.filter(({ place }) => place === 'description of a dead letter').length).toBeGreaterThan(7);
    expect(leaks(desk)).toEqual([]);
  });
});
