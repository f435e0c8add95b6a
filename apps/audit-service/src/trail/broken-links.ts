/**
 * Decides which of two neighbours is wrong where a leaf does not continue the one before it.
 *
 * One broken link alone: the later leaf's other link holds, and so on up to the signed head, so all that follows
 * vouches for the later leaf, and the earlier one was rewritten. Several broken links in a row: the leaves between them
 * are linked with neither neighbour.
 */
export class BrokenLinks {
  /** Earlier position of a broken link, while the next link is not known. */
  private open: number | undefined;
  private inRun = false;
  private named = 0;

  constructor(private readonly forked: (sequence: number, detail: string) => void) {}

  /** The link from `position` to the next one is broken; position 0 is the fixed beginning. Positions rise. */
  broken(position: number): void {
    if (position === 0) this.name(1, 'The first leaf does not begin the log.');
    else if (this.inRun) this.name(position, 'The leaf is whole in itself, but not linked with its neighbours.');
    else this.open = position;
    if (this.inRun) this.open = undefined;
    this.inRun = true;
  }

  /** The next link holds, cannot be judged, or there is none. */
  holds(): void {
    if (this.open !== undefined) {
      this.name(this.open, 'The leaf was recomputed: what follows, or the signed head, continues another leaf in its place.');
    }
    this.forget();
  }

  /** What was open turned out to have another cause. */
  forget(): void {
    this.open = undefined;
    this.inRun = false;
  }

  private name(sequence: number, detail: string): void {
    if (sequence === this.named) return;
    this.named = sequence;
    this.forked(sequence, detail);
  }
}
