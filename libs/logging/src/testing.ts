import fc from 'fast-check';

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const bytes = (minLength: number) => fc.uint8Array({ minLength, maxLength: 64 });

/** Secrets and personal data of every form that the mask claims to know. */
export function planted(): fc.Arbitrary<string> {
  const jwt = fc.tuple(bytes(12), bytes(32)).map(([claims, signature]) => `${Buffer.from('{"alg":"EdDSA"}').toString('base64url')}.${base64url(claims)}.${base64url(signature)}`);
  return fc.oneof(
    fc.emailAddress({ size: '-1' }),
    jwt,
    bytes(16).map((random) => `plk_live_${Buffer.from(random).toString('hex')}`),
    bytes(16).map((random) => `sk-${base64url(random)}`),
    cardNumber(),
    bytes(12).map((key) => `-----BEGIN PRIVATE KEY-----\n${Buffer.from(key).toString('base64')}\n-----END PRIVATE KEY-----`),
    bytes(8).map((password) => `postgres://app:${base64url(password)}@db.internal/plinth`),
    bytes(24).map((signature) => Buffer.from(signature).toString('hex')),
  );
}

function cardNumber(): fc.Arbitrary<string> {
  const prefix = fc.constantFrom('4', '51', '2221', '34', '6011');
  return fc.tuple(prefix, fc.array(fc.nat(9), { minLength: 11, maxLength: 11 }), fc.constantFrom('', ' ', '-')).map(([first, rest, separator]) => {
    const digits = [...first, ...rest].map(Number);
    const sum = digits.toReversed().reduce((total, digit, place) => total + (place % 2 === 0 ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit), 0);
    return [...digits, (10 - (sum % 10)) % 10].join('').replace(/(.{4})(?=.)/g, `$1${separator}`);
  });
}
