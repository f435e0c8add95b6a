import { randomBytes, randomInt } from 'node:crypto';

export type PlantKind = 'email' | 'password' | 'token' | 'apiKey' | 'card' | 'signature' | 'attachment' | 'prompt' | 'payload' | 'lineBreak' | 'name';

/** A string that occurs nowhere else, and where it was put. */
export interface Plant {
  readonly kind: PlantKind;
  readonly place: string;
  readonly text: string;
  /** Any of these in a text is the plant: a part that survives escaping, trimming and a change of case. */
  readonly needles: readonly string[];
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Sixteen characters that no encoding changes but base64, hex and hashes. */
function marker(): string {
  return Array.from({ length: 16 }, () => letters[randomInt(letters.length)]).join('');
}

/**
 * Makes what must leak nowhere, each string once, and remembers it. They are of the forms that people and programs send: the
 * mask of libs/logging knows some of them, and a plain password or a prompt is known by nobody.
 */
export class Plants {
  readonly all: Plant[] = [];

  email(place: string): string {
    return this.readable('email', place, (mark) => `${mark}@mail.example`);
  }

  password(place: string): string {
    return this.readable('password', place, (mark) => `Pw-${mark}!`);
  }

  /** A JWT that nobody signed; its middle is base64url, so the mark is of that. */
  token(place: string): string {
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const claims = encode({ sub: marker(), iss: marker() });
    const text = `${encode({ alg: 'EdDSA', typ: 'at+jwt', kid: 'k1' })}.${claims}.${randomBytes(64).toString('base64url')}`;
    return this.remember({ kind: 'token', place, text, needles: [claims.slice(12, 44), text.slice(-32)] });
  }

  apiKey(place: string): string {
    const secret = randomBytes(32).toString('hex');
    return this.remember({ kind: 'apiKey', place, text: `plk_live_${secret}`, needles: [secret.slice(0, 32)] });
  }

  /** A number that passes for a card's: sixteen digits of a known industry with a right check digit. */
  card(place: string): string {
    const digits = [4, ...Array.from({ length: 14 }, () => randomInt(10))];
    const sum = digits.toReversed().reduce((total, digit, at) => total + (at % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit), 0);
    const text = [...digits, (10 - (sum % 10)) % 10].join('');
    return this.remember({ kind: 'card', place, text, needles: [text] });
  }

  signature(place: string): string {
    const text = randomBytes(32).toString('hex');
    return this.remember({ kind: 'signature', place, text, needles: [text.slice(0, 32)] });
  }

  /** A file as it is sent within JSON. */
  attachment(place: string): string {
    const text = randomBytes(600).toString('base64');
    return this.remember({ kind: 'attachment', place, text, needles: [text.slice(0, 40), text.slice(400, 440)] });
  }

  prompt(place: string): string {
    return this.readable('prompt', place, (mark) => `My neighbour ${mark} is ill, what shall I do?`);
  }

  payload(place: string): string {
    return this.readable('payload', place, (mark) => `<order><to>${mark}</to></order>`);
  }

  /** Would be a line of its own where nobody escapes it. */
  lineBreak(place: string): string {
    return this.readable('lineBreak', place, (mark) => `${mark}\r\n{"level":60,"msg":"forged ${mark}"}`);
  }

  /** What tenants and keys are called by people: no secret, but the tenant's. */
  name(place: string): string {
    return this.readable('name', place, (mark) => `Acme ${mark}`);
  }

  /** One of each form, for inputs that take anything. */
  oneOfEach(place: string): Record<string, string> {
    return {
      ...{ email: this.email(place), password: this.password(place), token: this.token(place), apiKey: this.apiKey(place), card: this.card(place) },
      ...{ signature: this.signature(place), attachment: this.attachment(place), prompt: this.prompt(place), rawPayload: this.payload(place) },
      lineBreak: this.lineBreak(place),
    };
  }

  private readable(kind: PlantKind, place: string, text: (mark: string) => string): string {
    const mark = marker();
    return this.remember({ kind, place, text: text(mark), needles: [mark] });
  }

  private remember(plant: Plant): string {
    this.all.push(plant);
    return plant.text;
  }
}
