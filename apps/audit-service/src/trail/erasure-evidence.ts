import type { SealedContent } from './content.js';
import { erasedResourceType, erasureAction } from './erasure-entry.js';
import { subjectOf } from './subject-of.js';

/**
 * Holds subjects whose values cannot be read any more against the entries that tell of their erasure: a key that went without one
 * was taken away by somebody else. Its memory grows with the erased subjects of the log.
 */
export class ErasureEvidence {
  /** By subject, the first entry with a value of theirs. */
  private readonly unreadable = new Map<string, number>();
  private readonly told = new Set<string>();

  /** @param sealed an entry that is as its leaf commits to it */
  see(sequence: number, { visible, personal }: SealedContent): void {
    const { action, outcome, resource } = visible;
    if (action === erasureAction && outcome === 'success' && resource.type === erasedResourceType && resource.id !== null) this.told.add(resource.id);
    for (const [pointer, kept] of Object.entries(personal)) {
      if ('value' in kept) continue;
      const subject = subjectOf(pointer, visible);
      if (!this.unreadable.has(subject)) this.unreadable.set(subject, sequence);
    }
  }

  get size(): number {
    return this.unreadable.size;
  }

  /** Subject and first entry. */
  unproven(): [subject: string, sequence: number][] {
    return [...this.unreadable].filter(([subject]) => !this.told.has(subject));
  }
}
