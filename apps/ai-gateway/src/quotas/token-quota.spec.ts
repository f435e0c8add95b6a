import { anonymous, type RequestContext } from '@plinth/http';
import { newId, Problem } from '@plinth/kernel';
import { Logger } from '@plinth/logging';
import { quotaErrors } from '@plinth/quotas';
import { FakeLedger } from '@plinth/quotas/testing';
import type { UsageRecord } from '../usage/usage-record.js';
import { TokenQuota } from './token-quota.js';

const ctx = { tenantId: newId(), requestId: newId(), principal: anonymous } as unknown as RequestContext;
const logger = Logger.create({ service: 'ai-gateway', level: 'silent', format: 'json' });
const record = (id: string, promptTokens: number, completionTokens: number) => ({ id, promptTokens, completionTokens }) as UsageRecord;

/** Its answers get lost behind what it has done. */
class LossyLedger extends FakeLedger {
  losing: string | undefined;

  override async reserve(request: Parameters<FakeLedger['reserve']>[0]) {
    const answer = await super.reserve(request);
    if (this.losing === undefined) return answer;
    throw quotaErrors.unconfirmed(new Problem(this.losing, 'gateway_timeout'));
  }
}

describe('TokenQuota', () => {
  it('settles a call once, with what it came to', async () => {
    const ledger = new FakeLedger(1_000);
    const quota = new TokenQuota(ledger, logger);
    await quota.reserve(ctx, 'call-1', 600);
    expect([ledger.used, ledger.held]).toEqual([0, 600]);
    await expect(quota.reserve(ctx, 'call-2', 401)).rejects.toMatchObject({ code: 'quota_exhausted', status: 429 });
    quota.settle(ctx, record('call-1', 30, 12));
    quota.settle(ctx, record('call-1', 30, 12));
    quota.settle(ctx, record('call-2', 1, 1));
    await quota.onApplicationShutdown();
    expect([ledger.used, ledger.held]).toEqual([42, 0]);
    expect(ledger.asked.filter((what) => what === 'settle')).toHaveLength(1);
  });

  it('gives back what may have been reserved where the answer was lost, for no call follows', async () => {
    const ledger = new LossyLedger(1_000);
    const quota = new TokenQuota(ledger, logger);
    ledger.losing = 'upstream_timeout';
    await expect(quota.reserve(ctx, 'call-1', 600)).rejects.toMatchObject({ code: 'quota_unconfirmed', status: 503 });
    await quota.onApplicationShutdown();
    expect([ledger.used, ledger.held]).toEqual([0, 0]);
  });

  it('asks for nothing back where the ledger was never reached', async () => {
    const ledger = new FakeLedger();
    ledger.away = new Problem('upstream_unavailable', 'unavailable');
    const quota = new TokenQuota(ledger, logger);
    await expect(quota.reserve(ctx, 'call-1', 600)).rejects.toMatchObject({ code: 'quota_unconfirmed' });
    await quota.onApplicationShutdown();
    expect(ledger.asked).toEqual(['reserve']);
  });

  it('settles again and again while the ledger is away', async () => {
    const ledger = new FakeLedger();
    const quota = new TokenQuota(ledger, logger);
    await quota.reserve(ctx, 'call-1', 600);
    ledger.away = new Error('away');
    quota.settle(ctx, record('call-1', 2, 3));
    ledger.away = undefined;
    await quota.onApplicationShutdown();
    expect([ledger.used, ledger.held]).toEqual([5, 0]);
    expect(ledger.asked.filter((what) => what === 'settle')).toHaveLength(2);
  });
});
