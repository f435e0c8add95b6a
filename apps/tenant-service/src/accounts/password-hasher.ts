import { hash, verify } from '@node-rs/argon2';

/** OWASP Password Storage Cheat Sheet: argon2id (2 in the library's enum), 19 MiB, 2 passes, 1 lane. */
const parameters = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashes at a time: each takes a core for about 0.1 s and 19 MiB, so more would only starve the requests beside them. */
const maxConcurrent = 2;

/** Argon2id, a bounded number at a time. It never runs inside a transaction. */
export class PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly unknownAccountHash = this.hash('no account has this password');

  async hash(password: string): Promise<string> {
    return await this.bounded(() => hash(password, parameters));
  }

  /**
   * Whether the password is the account's.
   *
   * @param storedHash null for an unknown account, which takes the same time and is never right
   */
  async verify(storedHash: string | null, password: string): Promise<boolean> {
    const known = storedHash ?? (await this.unknownAccountHash);
    const matches = await this.bounded(() => verify(known, password));
    return matches && storedHash !== null;
  }

  /** Whether the hash is weaker than those that are made now: of another kind, or with less memory or fewer passes. A stronger one stays. */
  isWeak(storedHash: string): boolean {
    const [, memory, passes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(storedHash) ?? [];
    return !(Number(memory) >= parameters.memoryCost && Number(passes) >= parameters.timeCost);
  }

  private async bounded<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= maxConcurrent) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next(); // the place is handed on
      else this.running -= 1;
    }
  }
}
