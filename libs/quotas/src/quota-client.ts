import type { ServiceCalls } from '@plinth/auth';
import { isQuotaMetric } from '@plinth/contracts';
import { systemClock } from '@plinth/kernel';
import type { HttpAnswer } from '@plinth/resilience';
import { quotaErrors } from './quotas.errors.js';
import type { EndedBlock, GrantOutcome, LeaseAnswer, LeaseRequest, QuotaLedger, QuotaStanding, QuotaSubject, Reservation, ReserveRequest, SettleRequest } from './wire.js';

/** A caller waits for the answer, so an absent ledger must show soon. */
const usualTimeoutMs = 1_500;
const maxAnswerBytes = 65_536;

/** The ledger over the wire. Each call may be tried again: ids that the caller chose make a repeat known as one. */
export class QuotaClient implements QuotaLedger {
  /**
   * @param calls this process's calls to tenant-service
   * @param timeoutMs below 30 s; longer than the usual one where what follows takes long anyhow
   */
  constructor(
    private readonly calls: Pick<ServiceCalls, 'request'>,
    private readonly timeoutMs = usualTimeoutMs,
  ) {}

  /** @throws Problem `quota_exhausted` (429), `quota_unconfirmed` (503) */
  async reserve(request: ReserveRequest): Promise<Reservation> {
    const answer = await this.post('reserve', request);
    if (answer.status === 429) throw exhaustedBy(request, answer);
    const { units, period } = read<Reservation>(answer);
    if (units !== request.units || !isPeriod(period)) throw malformed();
    return { tenantId: request.tenantId, metric: request.metric, reservationId: request.reservationId, units, period };
  }

  /** @throws Problem `quota_unconfirmed` (503) */
  async settle(request: SettleRequest): Promise<GrantOutcome> {
    return outcome(await this.post('settle', request));
  }

  /** @throws Problem `quota_unconfirmed` (503) */
  async release(request: Omit<SettleRequest, 'units'>): Promise<GrantOutcome> {
    return outcome(await this.post('release', request));
  }

  /** @throws Problem `quota_unconfirmed` (503) */
  async lease(request: LeaseRequest): Promise<LeaseAnswer> {
    const { units, expiresInMs, ...standing } = read<LeaseAnswer>(await this.post('lease', request));
    if (!isCount(units) || typeof expiresInMs !== 'number') throw malformed();
    return { units, expiresInMs, ...standingIn(standing) };
  }

  /** @throws Problem `quota_unconfirmed` (503) */
  async endBlocks(request: QuotaSubject & { readonly ended: readonly EndedBlock[] }): Promise<void> {
    read(await this.post('end-blocks', request));
  }

  private async post(act: string, body: object): Promise<HttpAnswer> {
    try {
      const headers = { 'content-type': 'application/json' };
      const { timeoutMs } = this;
      return await this.calls.request({ method: 'POST', path: `/internal/v1/quotas/${act}`, headers, body: JSON.stringify(body), idempotent: true, timeoutMs, maxAnswerBytes });
    } catch (error) {
      throw quotaErrors.unconfirmed(error);
    }
  }
}

function read<T>({ status, body }: HttpAnswer): Partial<T> {
  if (status !== 200) throw quotaErrors.unconfirmed(new Error(`the ledger answered ${status}`));
  return parsed(body) as Partial<T>;
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (error) {
    throw quotaErrors.unconfirmed(error);
  }
}

function outcome(answer: HttpAnswer): GrantOutcome {
  const { state, units, used } = read<GrantOutcome>(answer);
  if (state === undefined || !isCount(units) || (used !== null && !isCount(used))) throw malformed();
  return { state, units, used };
}

function standingIn({ limit, remaining, period, resetsInMs }: Partial<QuotaStanding>): QuotaStanding {
  if (!isCount(limit) || !isCount(remaining) || !isPeriod(period) || (resetsInMs !== null && typeof resetsInMs !== 'number')) throw malformed();
  return { limit, remaining, period, resetsInMs };
}

/** The ledger's own problem, told on as it stands there. */
function exhaustedBy({ metric }: QuotaSubject, { body }: HttpAnswer) {
  const { limit, period, resetsAt } = parsed(body) as { limit?: unknown; period?: unknown; resetsAt?: unknown };
  if (!isQuotaMetric(metric) || !isCount(limit) || !isPeriod(period)) throw malformed();
  const now = systemClock.now();
  const resetsInMs = typeof resetsAt === 'string' ? Math.max(0, new Date(resetsAt).getTime() - now.getTime()) : null;
  return quotaErrors.exhausted(metric, { limit, remaining: 0, period, resetsInMs }, now);
}

function malformed() {
  return quotaErrors.unconfirmed(new Error('the answer of the ledger has another form'));
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPeriod(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
