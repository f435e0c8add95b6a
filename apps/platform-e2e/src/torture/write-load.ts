import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { CallAnswer, GatewayClient, SignedIn } from '@plinth/dev-stack';

/** One keyed write: it is sent under the same key until it is answered 2xx. */
export interface Write {
  readonly tenantId: string;
  /** The writer's member of the tenant's settings. */
  readonly member: string;
  readonly value: number;
  readonly key: string;
  /** The trace of all its attempts, by which events and audit entries are known to be its. */
  readonly traceId: string;
  attempts: number;
  /** The first 2xx answer; undefined while there is none. */
  answer: Answer | undefined;
}

export interface Answer {
  readonly text: string;
  readonly etag: string | null;
  /** The effect was there already: the answer to the attempt that made it was lost. */
  readonly replayed: boolean;
}

export interface LoadOptions {
  readonly writersPerTenant: number;
  /** A writer's wait between two writes, in milliseconds. */
  readonly paceMs: number;
}

/** Answers that say "try the same key again", by status and code; a connection that broke is one too. */
const worthRetrying = (status: number, code: unknown) =>
  status === 502 || status === 503 || status === 504 || (status === 409 && code === 'idempotency_in_progress');

const retryEveryMs = 100;
/** Well before an access token ends, so that one that cannot be renewed in the middle of a fault still serves. */
const renewTokenAfterMs = 240_000;
/** Each so-many-th write is sent once more after its answer. */
const replayEvery = 10;

/**
 * A steady load of keyed writes to several tenants. Each writer counts its own member of its tenant's
 * settings up by one a write; a failed write is repeated under its key, as a careful client does.
 */
export class WriteLoad {
  readonly writes: Write[] = [];
  /** How often each way of not being answered 2xx was seen, for the reader of a report. */
  readonly setbacks = new Map<string, number>();
  /** What a careful client must never see: other answers, and replays that differ. */
  readonly violations: string[] = [];
  private readonly stopping = new AbortController();
  private readonly giveUp = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly tokens: Map<string, { token: string; renewAt: number }>;

  constructor(
    private readonly gateway: GatewayClient,
    private readonly owners: readonly SignedIn[],
    private readonly options: LoadOptions,
  ) {
    this.tokens = new Map(owners.map(({ tenantId, token }) => [tenantId, { token, renewAt: performance.now() + renewTokenAfterMs }]));
  }

  get answered(): readonly Write[] {
    return this.writes.filter(({ answer }) => answer !== undefined);
  }

  get tenantIds(): readonly string[] {
    return this.owners.map(({ tenantId }) => tenantId);
  }

  start(): void {
    for (const owner of this.owners) {
      for (let writer = 1; writer <= this.options.writersPerTenant; writer += 1) this.running.push(this.keepWriting(owner, `writer${writer}`));
    }
  }

  /**
   * Lets every writer bring its last write to an answer, and ends.
   *
   * @param withinMs after which writes that are still unanswered are given up
   */
  async finish(withinMs: number): Promise<void> {
    this.stopping.abort();
    const timer = setTimeout(() => this.giveUp.abort(), withinMs);
    await Promise.all(this.running);
    clearTimeout(timer);
  }

  /** Sends answered writes once more: each must be answered as the first time, byte for byte. */
  async replay(writes: readonly Write[]): Promise<void> {
    const left = writes.values();
    const replayOne = async () => {
      for (const write of left) await this.expectReplay(write, await this.patch(this.ownerOf(write), write));
    };
    await Promise.all(Array.from({ length: 8 }, replayOne));
  }

  /** The owner's access token; a long load outlives the first one. */
  async tokenOf({ tenantId, token, email, password }: SignedIn): Promise<string> {
    const known = this.tokens.get(tenantId);
    if (known === undefined || performance.now() < known.renewAt) return known?.token ?? token;
    known.renewAt = performance.now() + 5_000; // the next try, should this one fail
    const renewed = await this.gateway.signIn(email, password).catch(() => undefined);
    if (renewed !== undefined) this.tokens.set(tenantId, { token: renewed, renewAt: performance.now() + renewTokenAfterMs });
    return renewed ?? known.token;
  }

  private async keepWriting(owner: SignedIn, member: string): Promise<void> {
    for (let value = 1; !this.stopping.signal.aborted; value += 1) {
      const write: Write = {
        tenantId: owner.tenantId,
        member,
        value,
        key: randomUUID(),
        traceId: randomBytes(16).toString('hex'),
        attempts: 0,
        answer: undefined,
      };
      this.writes.push(write);
      await this.bringToAnswer(owner, write);
      if (value % replayEvery === 0) await this.replayIfAnswered(owner, write);
      await pause(this.options.paceMs);
    }
  }

  private async bringToAnswer(owner: SignedIn, write: Write): Promise<void> {
    while (!this.giveUp.signal.aborted) {
      write.attempts += 1;
      const answer = await this.patch(owner, write).catch((error: unknown) => this.noteSetback(causeOf(error)));
      if (answer === undefined) {
        await pause(retryEveryMs);
      } else if (answer.status === 200) {
        write.answer = { text: answer.text, etag: answer.headers.get('etag'), replayed: answer.headers.get('idempotent-replayed') === 'true' };
        this.expectOwnEffect(write, answer);
        return;
      } else {
        const { code } = answer.body;
        this.noteSetback(`${answer.status} ${String(code)}`);
        if (!worthRetrying(answer.status, code)) this.violations.push(`${answer.status} after ${write.attempts} attempts: ${answer.text}`);
        if (answer.status === 503 && answer.headers.get('retry-after') === null) this.violations.push(`503 without Retry-After: ${answer.text}`);
        await pause(retryEveryMs);
      }
    }
  }

  /** In the middle of a fault there may be no answer; then there is nothing to compare. */
  private async replayIfAnswered(owner: SignedIn, write: Write): Promise<void> {
    const answer = await this.patch(owner, write).catch(() => undefined);
    if (write.answer !== undefined && answer !== undefined && answer.status < 300) await this.expectReplay(write, answer);
  }

  private async expectReplay(write: Write, again: CallAnswer): Promise<void> {
    const same = again.status === 200 && again.text === write.answer?.text && again.headers.get('etag') === write.answer.etag;
    if (!same || again.headers.get('idempotent-replayed') !== 'true') {
      this.violations.push(`replayed as ${again.status} ${again.headers.get('etag')} ${again.text} after ${write.answer?.etag} ${write.answer?.text}`);
    }
  }

  private expectOwnEffect(write: Write, answer: CallAnswer): void {
    const settings = (answer.body['settings'] ?? {}) as Record<string, unknown>;
    if (settings[write.member] !== write.value) this.violations.push(`${write.member} = ${write.value} was answered ${answer.text}`);
  }

  private async patch(owner: SignedIn, write: Write): Promise<CallAnswer> {
    return await this.gateway.call('PATCH', `/v1/tenants/${write.tenantId}`, {
      token: await this.tokenOf(owner),
      idempotencyKey: write.key,
      body: { settings: { [write.member]: write.value } },
      headers: { traceparent: `00-${write.traceId}-${randomBytes(8).toString('hex')}-01` },
    });
  }

  private ownerOf(write: Write): SignedIn {
    const owner = this.owners.find(({ tenantId }) => tenantId === write.tenantId);
    if (owner === undefined) throw new Error('a write of nobody');
    return owner;
  }

  private noteSetback(kind: string): undefined {
    this.setbacks.set(kind, (this.setbacks.get(kind) ?? 0) + 1);
  }
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET`, `TimeoutError`, ... */
function causeOf(error: unknown): string {
  const { name, cause } = error as Error;
  const code = (cause as { code?: string } | undefined)?.code;
  return code ?? name;
}
