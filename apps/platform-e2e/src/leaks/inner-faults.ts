import { randomUUID } from 'node:crypto';
import type { SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import { eventually } from '@plinth/testing';
import kafkajs from 'kafkajs';
import type { runningStack } from '../stack.js';
import type { Plants } from './plants.js';

type Stack = ReturnType<typeof runningStack>;

/** What stands between the mark and the text, so that nobody else's rows meet the triggers. */
const refusal = 'refuse-me';

/**
 * Faults behind the gateway whose errors quote data, as PostgreSQL's and parsers' do: in a request, in a consumer, in a job
 * and in the relay. What is put into the database for that is taken out again.
 */
export class InnerFaults {
  constructor(
    private readonly stack: Stack,
    private readonly plants: Plants,
    private readonly owner: SignedIn,
    private readonly operator: string,
  ) {}

  /** A row that the database refuses, in an error that quotes it, fails its request and its event. @returns the answer's status and text */
  async refuseRows(): Promise<{ status: number; text: string }> {
    const { stack } = this;
    await stack.tamper(`CREATE FUNCTION public.refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW::text NOT LIKE '%${refusal}%' THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'refused: %', row_to_json(NEW) USING ERRCODE = '23514', DETAIL = NEW::text, HINT = NEW::text;
      END $$`);
    for (const table of ['tenancy.tenant', 'audit.entry']) {
      await stack.tamper(`CREATE TRIGGER refuse_row BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION public.refuse_row()`);
    }
    try {
      const path = `/v1/tenants/${this.owner.tenantId}`;
      const refused = await stack.gateway.call('PATCH', path, { token: this.owner.token, body: { name: `${refusal} ${this.plants.name('refused row')}`, contactEmail: this.plants.email('refused row') } });
      const before = await this.deadLetters();
      await stack.tamper('DROP TRIGGER refuse_row ON tenancy.tenant');
      const headers = { 'user-agent': this.plants.email('refused entry') };
      await stack.gateway.call('PATCH', path, { token: this.owner.token, headers, body: { name: `${refusal} ${this.plants.name('refused entry')}` } });
      await eventually(async () => expect(await this.deadLetters()).toBeGreaterThan(before), { withinMs: 60_000 });
      return refused;
    } finally {
      await stack.tamper('DROP FUNCTION public.refuse_row() CASCADE');
    }
  }

  /** Messages that nobody can decode, or whose payload is not what it should be, and letters that nobody of the suite wrote. */
  async poison(): Promise<void> {
    const { plants } = this;
    const before = await this.deadLetters();
    const envelope = (place: string): Record<string, string> => ({
      ...{ ce_specversion: '1.0', ce_id: newId(), ce_source: `plinth/${plants.payload(place)}`, ce_type: 'audit.recorded.v1', ce_time: new Date().toISOString() },
      ...{ ce_subject: plants.email(place), ce_aggregatetype: plants.signature(place), 'content-type': 'application/json', authorization: `Bearer ${plants.token(place)}` },
      ...{ ce_traceparent: plants.signature(place), dlq_error: plants.password(place), dlq_group: plants.email(place) },
    });
    const poisoned = (place: string, headers: Record<string, string> = {}, value?: string) => {
      const all = JSON.stringify(plants.oneOfEach(place));
      return { key: plants.email(place), value: value ?? all, headers: { ...envelope(place), ...headers } };
    };
    const messages = [
      poisoned('poison: bad JSON', {}, `{"a": ${plants.payload('poison: bad JSON')}`),
      poisoned('poison: bad payload'),
      poisoned('poison: unknown version', { ce_type: 'audit.recorded.v99' }),
      poisoned('poison: bad type', { ce_type: plants.password('poison: bad type') }),
      poisoned('poison: bad time', { ce_time: plants.payload('poison: bad time') }),
      poisoned('poison: bad tenant', { ce_tenantid: plants.card('poison: bad tenant') }),
    ];
    const letters = [
      poisoned('forged letter', { ce_type: plants.password('forged letter'), dlq_topic: plants.email('forged letter'), dlq_error: plants.payload('forged letter'), dlq_group: 'audit-service' }),
    ];
    await this.produce('plinth.audit', messages);
    await this.produce('plinth.dead-letter', letters);
    await eventually(async () => expect(await this.deadLetters()).toBeGreaterThanOrEqual(before + messages.length + letters.length), { withinMs: 60_000 });
  }

  /** An event that the relay cannot publish keeps its error beside it. */
  async refuseEvent(): Promise<void> {
    const id = newId();
    await this.stack.query(
      `INSERT INTO tenancy.event_outbox (id, event_type, event_version, payload, aggregate_id, aggregate_type) VALUES ($1, 'fence.unknown', 1, $2, $3, 'fence')`,
      [id, JSON.stringify(this.plants.oneOfEach('refused event')), newId()],
    );
    try {
      await eventually(async () => expect(await this.stack.query('SELECT 1 FROM tenancy.event_outbox WHERE id = $1 AND last_error IS NOT NULL', [id])).toHaveLength(1), { withinMs: 20_000 });
    } finally {
      await this.stack.query(`DELETE FROM tenancy.event_outbox WHERE id = $1`, [id]);
    }
  }

  /** A job fails by an error of the database that quotes data. */
  async failJob(): Promise<void> {
    const [{ definition = '' } = {}] = await this.stack.query<{ definition: string }>(`SELECT pg_get_functiondef('relay.purge_dead_letters'::regproc) AS definition`);
    const said = this.plants.payload('failed job');
    await this.stack.query(`CREATE OR REPLACE FUNCTION relay.purge_dead_letters(received_before TIMESTAMPTZ, max_rows INT) RETURNS INT LANGUAGE plpgsql SECURITY DEFINER
      AS $$ BEGIN RAISE EXCEPTION 'cannot purge ${said}' USING DETAIL = '${said}'; END $$`);
    try {
      const run = await this.stack.gateway.call<{ runId: string }>('POST', '/v1/admin/jobs/purge_published_and_expired/run', { token: this.operator });
      if (run.status !== 202) throw new Error(`the run was answered ${run.status}: ${run.text}`);
      await eventually(async () => expect(await this.stack.query('SELECT 1 FROM scheduler.job_run WHERE id = $1 AND error IS NOT NULL', [run.body.runId])).toHaveLength(1), { withinMs: 30_000 });
    } finally {
      await this.stack.query(definition);
    }
  }

  private async deadLetters(): Promise<number> {
    const [row] = await this.stack.query<{ count: number }>('SELECT count(*)::int AS count FROM relay.dead_letter');
    return row?.count ?? 0;
  }

  private async produce(topic: string, messages: kafkajs.Message[]): Promise<void> {
    const kafka = new kafkajs.Kafka({ clientId: `plinth-e2e-${randomUUID()}`, brokers: [...this.stack.facts.kafkaBrokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    try {
      await producer.send({ topic, messages });
    } finally {
      await producer.disconnect();
    }
  }
}
