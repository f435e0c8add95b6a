interface Entry<V> {
  value: V;
  endsAtMs: number;
  /** Asked for since room was last made. */
  used: boolean;
}

/**
 * A bounded map whose entries end by themselves: what was not asked for makes room before what was (second chance, which comes near
 * to the least recently used), and none is answered at or after its end.
 *
 * A look-up changes no order: a Map keeps the place of a deleted entry in its chain until it grows, so that one key that is taken out and put
 * back at each look-up makes every look-up of it walk thousands of places.
 */
export class ExpiringCache<V> {
  private readonly entries = new Map<string, Entry<V>>();

  /** @param capacity the most entries that are kept, at least 1 */
  constructor(private readonly capacity: number) {}

  /** Entries that are held; one that has ended counts until it is asked for or makes room. */
  get size(): number {
    return this.entries.size;
  }

  /** @param nowMs the time to judge by, Unix milliseconds */
  get(key: string, nowMs: number): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.endsAtMs <= nowMs) {
      this.entries.delete(key);
      return undefined;
    }
    entry.used = true;
    return entry.value;
  }

  /** @param endsAtMs from this time on the entry is gone, Unix milliseconds */
  set(key: string, value: V, endsAtMs: number): void {
    const known = this.entries.get(key);
    if (known !== undefined) {
      Object.assign(known, { value, endsAtMs, used: true });
      return;
    }
    if (this.entries.size >= this.capacity) this.makeRoom();
    this.entries.set(key, { value, endsAtMs, used: false });
  }

  /** Takes the entry out before its end; does nothing where there is none. */
  delete(key: string): void {
    this.entries.delete(key);
  }

  /** Each entry that is passed over was asked for before, so that this costs as much as the look-ups at most. */
  private makeRoom(): void {
    for (const [key, entry] of this.entries) {
      this.entries.delete(key);
      if (!entry.used) return;
      entry.used = false;
      this.entries.set(key, entry);
    }
  }
}
