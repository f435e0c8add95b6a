import { systemClock, type Clock } from '@plinth/kernel';

/** A line of tenant-service's feed. */
type FeedLine =
  | { readonly type: 'snapshot'; readonly sequence: number; readonly suspendedTenants: string[]; readonly deactivatedTenants?: string[]; readonly revokedSessions: string[]; readonly revokedApiKeys: string[]; readonly changedAccounts?: string[]; readonly changedApiKeys?: string[] }
  | { readonly type: 'change'; readonly sequence: number; readonly kind: string; readonly id: string }
  | { readonly type: 'heartbeat'; readonly sequence: number };

/** Past it what is known may be old: each request is asked for. */
const FRESH_MS = 1_000;
/** Longer than a token lives and a key's facts are remembered: after it a revoked one is refused without us. */
const REMEMBERED_MS = 15 * 60_000;
const PRUNE_EVERY_MS = 60_000;

/** What is revoked, as far as the feed has told. */
export class Revocations {
  private suspendedTenants = new Set<string>();
  /** With the time at which we learnt of it, Unix milliseconds. */
  private revokedSessions = new Map<string, number>();
  private deactivatedTenants = new Map<string, number>();
  private revokedApiKeys = new Map<string, number>();
  /** Of accounts whose memberships or roles have changed: at which line of the feed, and when we learnt of it. */
  private changedAccounts = new Map<string, { readonly sequence: number; readonly learntAtMs: number }>();
  /** The same of keys, and of tenants all of whose keys were revoked. */
  private changedKeys = new Map<string, { readonly sequence: number; readonly learntAtMs: number }>();
  private told = 0;
  private heardAtMs = -Infinity;
  private prunedAtMs = 0;

  constructor(private readonly clock: Clock = systemClock) {}

  /** Whether the feed has spoken within the last second. */
  get fresh(): boolean {
    return this.clock.now().getTime() - this.heardAtMs < FRESH_MS;
  }

  /** How far the feed has told. */
  get sequence(): number {
    return this.told;
  }

  /** The line of the feed that last told of a change of what the account belongs to; 0 for none that a token could not know of. */
  accountChangedAt(id: string | undefined): number {
    return id === undefined ? 0 : (this.changedAccounts.get(id)?.sequence ?? 0);
  }

  /** The line of the feed behind which what was known of a key of the tenant is old; 0 where nothing that is remembered can be. */
  keyChangedAt(id: string, tenantId: string): number {
    return Math.max(this.changedKeys.get(id)?.sequence ?? 0, this.changedKeys.get(tenantId)?.sequence ?? 0);
  }

  isTenantSuspended(id: string): boolean {
    return this.suspendedTenants.has(id);
  }

  isTenantDeactivated(id: string): boolean {
    return this.deactivatedTenants.has(id);
  }

  isSessionRevoked(id: string): boolean {
    return this.revokedSessions.has(id);
  }

  isApiKeyRevoked(id: string): boolean {
    return this.revokedApiKeys.has(id);
  }

  /** Takes a line of the feed. @throws Error for a line that is none: the stream is broken then */
  apply(text: string): void {
    const line = JSON.parse(text) as FeedLine;
    const nowMs = this.clock.now().getTime();
    switch (line.type) {
      case 'snapshot':
        // All that matters is in it, so a gateway that was cut off for an hour is right again at once.
        this.suspendedTenants = new Set(line.suspendedTenants);
        this.deactivatedTenants = new Map((line.deactivatedTenants ?? []).map((id) => [id, nowMs]));
        this.revokedSessions = new Map(line.revokedSessions.map((id) => [id, nowMs]));
        this.revokedApiKeys = new Map(line.revokedApiKeys.map((id) => [id, nowMs]));
        this.changedAccounts = new Map((line.changedAccounts ?? []).map((id) => [id, { sequence: line.sequence, learntAtMs: nowMs }]));
        this.changedKeys = new Map((line.changedApiKeys ?? []).map((id) => [id, { sequence: line.sequence, learntAtMs: nowMs }]));
        break;
      case 'change':
        this.change(line, nowMs);
        break;
      case 'heartbeat':
        break;
    }
    this.told = line.sequence;
    this.heardAtMs = nowMs;
    this.prune(nowMs);
  }

  private change({ kind, id, sequence }: FeedLine & { readonly type: 'change' }, nowMs: number): void {
    if (kind === 'tenant_suspended') this.suspendedTenants.add(id);
    if (kind === 'tenant_restored') this.suspendedTenants.delete(id);
    if (kind === 'tenant_deactivated') {
      this.suspendedTenants.delete(id);
      this.deactivatedTenants.set(id, nowMs);
    }
    if (kind === 'session_revoked') this.revokedSessions.set(id, nowMs);
    if (kind === 'api_key_revoked') this.revokedApiKeys.set(id, nowMs);
    if (kind === 'memberships_changed') this.changedAccounts.set(id, { sequence, learntAtMs: nowMs });
    if (kind === 'api_key_changed' || kind === 'tenant_keys_revoked') this.changedKeys.set(id, { sequence, learntAtMs: nowMs });
  }

  private prune(nowMs: number): void {
    if (nowMs - this.prunedAtMs < PRUNE_EVERY_MS) return;
    this.prunedAtMs = nowMs;
    for (const known of [this.deactivatedTenants, this.revokedSessions, this.revokedApiKeys]) {
      for (const [id, learntAtMs] of known) if (nowMs - learntAtMs > REMEMBERED_MS) known.delete(id);
    }
    for (const known of [this.changedAccounts, this.changedKeys]) {
      for (const [id, { learntAtMs }] of known) if (nowMs - learntAtMs > REMEMBERED_MS) known.delete(id);
    }
  }
}
