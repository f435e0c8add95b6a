import { encodeEvent, EventProducer } from '@plinth/kafka';
import { silentLogger, testKafka } from '@plinth/kafka/testing';
import { newId } from '@plinth/kernel';
import { eventually, familiesOf, labelValuesOf, seriesOf, testKafkaBrokers } from '@plinth/testing';
import { bootAuditService, memberOf, somePayload } from './testing.js';

const tenantId = '0199c5f2-7d31-7c52-9a44-1f0e5b8f2a11';

async function tell(payload: object): Promise<void> {
  const producer = new EventProducer({ kafka: testKafka(testKafkaBrokers()), logger: silentLogger });
  const envelope = { id: newId(), source: 'plinth/test', type: 'audit.recorded', version: 1, aggregateType: 'audit_log', aggregateId: tenantId, time: new Date(), tenantId, sequence: null, traceparent: null };
  expect(await producer.publish([{ topic: 'plinth.audit', ...encodeEvent(envelope, JSON.stringify(payload)) }])).toEqual([{ kind: 'acknowledged' }]);
  await producer.close();
}

describe('the metrics of audit-service', () => {
  it('tell of the consumer, also of its lag by partition, of requests and of transactions', async () => {
    const service = await bootAuditService({ brokers: testKafkaBrokers() });
    try {
      await service.record(somePayload(tenantId));
      await tell(somePayload(tenantId));
      await service.call('GET', '/v1/audit/entries', memberOf(tenantId));
      await service.call('GET', `/v1/audit/entries/${tenantId}`, memberOf(tenantId));
      const text = await eventually(async () => {
        const { body } = await service.app.inject({ method: 'GET', url: '/metrics' });
        expect(seriesOf(body, 'plinth_consumer_lag_messages').size).toBeGreaterThanOrEqual(6);
        expect(body).toMatch(/plinth_consumer_attempt_seconds_count\{.*outcome="committed".*\} [1-9]/);
        return body;
      }, { withinMs: 20_000 });
      const families = familiesOf(text);
      for (const name of ['handled_total', 'duplicates_total', 'stale_total', 'failed_attempts_total', 'dead_letters_total', 'lag_messages', 'attempt_seconds']) expect(families).toContain(`plinth_consumer_${name}`);
      expect(text).toMatch(/plinth_consumer_dead_letters_total\{group="[^"]+",service="audit-service"\} 0/);
      expect(text).toContain('plinth_http_requests_total{method="GET",route="/v1/audit/entries",status_class="2xx",service="audit-service"} 1');
      expect(text).toMatch(/plinth_database_transactions_total\{role="system",outcome="committed",service="audit-service"\} [1-9]/);
      expect([...labelValuesOf(text)].filter((value) => value.includes('@') || value.includes(tenantId))).toEqual([]);
    } finally {
      await service.close();
    }
  }, 60_000);
});
