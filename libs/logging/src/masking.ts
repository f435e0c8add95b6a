/**
 * The second fence behind the allow-list of fields: what looks like a secret or like personal data is
 * replaced in every text that is logged. It knows forms, not meanings; a name or a plain password has no
 * form, so the allow-list stays the first fence.
 */

/** Texts beyond this are not of the code's making, and are left out whole: a cut could hide half of a secret from the patterns. */
export const maxTextLength = 256;

/** Line breaks, terminal sequences, direction overrides: JSON escapes only some of them, and people read logs in terminals. */
// eslint-disable-next-line no-control-regex -- control characters are what it is for
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** In this order: what names a whole goes before what would leave a rest of it. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // RFC 7468; one that lost its end counts too.
  [/-----BEGIN [A-Z0-9 ]+-----[^]*?(?:-----END [A-Z0-9 ]+-----|$)/g, '[pem]'],
  // RFC 7515 and 7516, compact: base64url of a JSON object always begins with eyJ.
  [/eyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g, '[jwt]'],
  [/plk_\w+/g, '[api_key]'],
  [/(?<![A-Za-z0-9])(?:[sprw]k|whsec|gh[oprsu]|github_pat|glpat|xox[abeoprs])[-_][\w-]{8,}|(?:AKIA|ASIA|AIza)[\w-]{12,}/g, '[api_key]'],
  [/\b(?:bearer|basic|digest)\s+\S+/gi, '[credential]'],
  [/\b((?:pass(?:word|wd|phrase)?|secret|token|api[-_ ]?key|authorization|cookie|signature|hmac|otp|pin)["']?\s*[=:]\s*)\S+/gi, '$1[secret]'],
  // RFC 3986, 3.2.1; to the last @, for passwords hold anything.
  [/:\/\/\S*@/g, '://[userinfo]@'],
  [/\?[^\s=?]+=\S*/g, '?[query]'],
];

/** RFC 5322 allows nearly every character before the `@`; a slash only where a domain with a dot follows, for `node_modules/@nestjs` is none. */
const email = /(?:"[^"]*"|[^\s@＠<>()[\]",;:]+)(?:@|＠|%40)[^\s@＠<>()[\]{}"',;:/=]+\.[^\s@＠<>()[\]{}"',;:/=]+|[^\s@＠<>()[\]",;:/=]+(?:@|＠|%40)[^\s@＠<>()[\]{}"',;:/=]+/gi;
const digitRuns = /\d(?:[ .-]?\d){12,}/g;
/** What could be base64, base64url or hex; `/` parts it, and so keeps paths readable. */
const longRuns = /[A-Za-z0-9+=_-]{20,}/g;

/** From how many characters on a run that looks random is taken for a secret, in the words and texts of code. */
export const textOpaqueFrom = 20;

/** The same in ids, which look random too: 32 hex digits, a UUID, a ULID. */
export const idOpaqueFrom = 41;

/** `opaqueFrom`: from how many characters on a run that looks random is replaced; it differs for texts and for ids. */
export interface MaskOptions {
  readonly opaqueFrom: number;
}

/** The text without control characters, and with what looks sensitive replaced by its kind in brackets. */
export function maskText(text: string, { opaqueFrom }: MaskOptions): string {
  if (text.length > maxTextLength) return '[long text]';
  let masked = text.toWellFormed().replace(controlCharacters, ' ');
  for (const [pattern, kind] of patterns) masked = masked.replace(pattern, kind);
  if (/[@＠]|%40/.test(masked)) masked = masked.replace(email, '[email]');
  return masked
    .replace(digitRuns, (run) => (holdsCardNumber(run) ? '[card]' : run))
    .replace(longRuns, (run) => (run.length >= opaqueFrom && isOpaque(run) ? '[opaque]' : run));
}

/** A UUID or 128 bits in hex: by far the most ids, and none of what the patterns look for. */
export function isPlainId(text: string): boolean {
  return /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\da-f]{32})$/.test(text);
}

/** Whether a text that a caller chose, and that is kept and shown as an id, holds what `maskText` would replace. */
export function looksSensitive(chosenId: string): boolean {
  return !isPlainId(chosenId) && maskText(chosenId, { opaqueFrom: idOpaqueFrom }) !== chosenId;
}

/**
 * Whether 13 to 19 consecutive digits of the run are a payment card number: a major industry's first
 * digit and a right check digit (ISO/IEC 7812-1, annex B: Luhn).
 */
function holdsCardNumber(run: string): boolean {
  const digits = run.replace(/\D/g, '');
  for (let start = 0; start + 13 <= digits.length; start++) {
    if (!/[2-6]/.test(digits.charAt(start))) continue;
    for (let length = 13; length <= 19 && start + length <= digits.length; length++) {
      if (passesLuhn(digits.slice(start, start + length))) return true;
    }
  }
  return false;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 1; place <= digits.length; place++) {
    const digit = Number(digits.charAt(digits.length - place));
    const weighted = place % 2 === 0 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/**
 * Whether a run is of random making and not a name. A name's digits stand at the end of its words
 * (`TenantSuspendedV1`, `e2e-2`), and its case changes once or twice a word; in base64 and hex both are
 * everywhere. Measured on 100,000 random values each: of 32 bytes 0.3 % pass as names, of 16 bytes 6 %.
 */
function isOpaque(run: string): boolean {
  if (isPlainId(run.toLowerCase()) && run.includes('-')) return false;
  const digitsInside = run.match(/\d(?=[A-Za-z])/g)?.length ?? 0;
  const turns = run.match(/[a-z](?=[A-Z0-9])|[A-Z](?=[a-z0-9])|\d(?=[A-Za-z])/g)?.length ?? 0;
  return digitsInside >= 2 || turns > run.length * 0.42;
}
