/**
 * A bounded map whose entries end by themselves: the least recently used makes room, and none is
 * answered at or after its end.
 */
export class ExpiringCache<V> {
  private readonly entries = new Map<string, { readonly value: V; readonly endsAtMs: number }>();

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
    // A Map keeps insertion order, so taking the entry out and putting it back makes it the youngest.
    this.entries.delete(key);
    if (entry.endsAtMs <= nowMs) return undefined;
    this.entries.set(key, entry);
    return entry.value;
  }

  /** @param endsAtMs from this time on the entry is gone, Unix milliseconds */
  set(key: string, value: V, endsAtMs: number): void {
    this.entries.delete(key);
    if (this.entries.size >= this.capacity) {
      const oldest = this.entries.keys().next();
      if (oldest.done === false) this.entries.delete(oldest.value);
    }
    this.entries.set(key, { value, endsAtMs });
  }

  /** Takes the entry out before its end; does nothing where there is none. */
  delete(key: string): void {
    this.entries.delete(key);
  }
}
