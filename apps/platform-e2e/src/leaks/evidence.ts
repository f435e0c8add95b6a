import type { Plant } from './plants.js';

/** A text that somebody can read later, and where it stands. */
export interface Evidence {
  readonly place: string;
  readonly text: string;
}

/** A plant that was found. */
export interface Leak {
  readonly found: string;
  readonly kind: string;
  readonly planted: string;
}

const headLength = 8;

/** Looks for every plant at once, as itself, in other case, and in what is hex or base64 of it. */
export class LeakSearch {
  private readonly byHead = new Map<string, { readonly needle: string; readonly plant: Plant }[]>();

  constructor(plants: readonly Plant[]) {
    for (const plant of plants) {
      for (const needle of plant.needles.map((text) => text.toLowerCase())) {
        const head = needle.slice(0, headLength);
        this.byHead.set(head, [...(this.byHead.get(head) ?? []), { needle, plant }]);
      }
    }
  }

  /** The plants in a text, each once. */
  in({ text }: Evidence): Plant[] {
    const lower = text.toLowerCase();
    return [...new Set([lower, hexIn(lower), base64In(text)].flatMap((readable) => this.standingIn(readable)))];
  }

  leaks(evidence: readonly Evidence[]): Leak[] {
    return evidence.flatMap((one) => this.in(one).map((plant) => ({ found: one.place, kind: plant.kind, planted: plant.place })));
  }

  /** One look-up a character, however many plants there are. */
  private standingIn(text: string): Plant[] {
    const found: Plant[] = [];
    for (let at = 0; at + headLength <= text.length; at++) {
      for (const { needle, plant } of this.byHead.get(text.slice(at, at + headLength)) ?? []) if (text.startsWith(needle, at)) found.push(plant);
    }
    return found;
  }
}

/** What long runs of hex in a text say. */
function hexIn(text: string): string {
  return (text.match(/(?:[0-9a-f]{2}){16,}/g) ?? []).map((run) => Buffer.from(run, 'hex').toString('latin1').toLowerCase()).join('\n');
}

/** What long runs of base64 and base64url in a text say, in lower case. */
function base64In(text: string): string {
  return (text.match(/[\w+/-]{16,}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString('latin1').toLowerCase()).join('\n');
}
