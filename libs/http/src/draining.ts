/**
 * Whether a server is about to end. From then on it says that it is not ready, ends each connection with its
 * answer, and serves what still comes, until it is closed.
 */
export class Draining {
  private readonly listeners = new Set<() => void>();
  private begun = false;

  /** Whether it has begun; there is no way back. */
  get active(): boolean {
    return this.begun;
  }

  /** Begins it; again does nothing. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    for (const listener of this.listeners) listener();
  }

  /** Called once, when it begins; a listener that comes after that never is. */
  onBegin(listener: () => void): void {
    this.listeners.add(listener);
  }
}

const known = new WeakMap<object, Draining>();

/** The one of a server (`app.getHttpServer()`): hooks need it before Nest, and whatever it injects, exist. */
export function drainingOf(server: object): Draining {
  const draining = known.get(server) ?? new Draining();
  known.set(server, draining);
  return draining;
}
