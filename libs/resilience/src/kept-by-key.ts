/** What can be let go of. */
interface Closable {
  close(): Promise<void> | void;
}

interface Entry<T> {
  readonly value: T;
  users: number;
}

/**
 * One thing for each key (a tenant, a tenant's target), made on first use, the longest unused let go
 * when there are too many. What is in use is never let go: for that time there may be more.
 */
export class KeptByKey<T extends Closable> {
  private readonly entries = new Map<string, Entry<T>>();

  /** @param limit most that are kept, from 1 */
  constructor(
    private readonly make: (key: string) => T,
    private readonly limit: number,
  ) {}

  /** How many are kept: above the limit where more were in use at once, until the next use. */
  get size(): number {
    return this.entries.size;
  }

  /** Lends what belongs to the key until the work has settled. @throws what `make` or the work throws */
  async use<R>(key: string, work: (value: T) => Promise<R>): Promise<R> {
    const entry = this.entries.get(key) ?? { value: this.make(key), users: 0 };
    // Put in anew, so that the order of the map is that of the last use.
    this.entries.delete(key);
    this.entries.set(key, entry);
    entry.users += 1;
    this.letGo();
    try {
      return await work(entry.value);
    } finally {
      entry.users -= 1;
    }
  }

  /** Lets go of all, those in use too. @throws the first error of closing one */
  async close(): Promise<void> {
    const values = [...this.entries.values()].map(({ value }) => value);
    this.entries.clear();
    await Promise.all(values.map(async (value) => value.close()));
  }

  private letGo(): void {
    for (const [key, { value, users }] of this.entries) {
      if (this.entries.size <= this.limit) return;
      if (users > 0) continue;
      this.entries.delete(key);
      // Nobody uses it: closing ends idle connections and cannot fail in a way that matters.
      Promise.resolve(value.close()).catch(() => undefined);
    }
  }
}
