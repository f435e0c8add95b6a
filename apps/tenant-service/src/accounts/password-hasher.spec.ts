import { hash } from '@node-rs/argon2';
import { PasswordHasher } from './password-hasher.js';

describe('PasswordHasher', () => {
  const hasher = new PasswordHasher();

  it('knows the hashes that it makes now for good', async () => {
    const made = await hasher.hash('correct horse battery');
    expect([hasher.isWeak(made), await hasher.verify(made, 'correct horse battery'), await hasher.verify(made, 'another')]).toEqual([false, true, false]);
  });

  it.each([
    ['less memory', { algorithm: 2, memoryCost: 12_288, timeCost: 2 }, true],
    ['fewer passes', { algorithm: 2, memoryCost: 19_456, timeCost: 1 }, true],
    ['another kind of argon2', { algorithm: 1, memoryCost: 19_456, timeCost: 2 }, true],
    ['more of both', { algorithm: 2, memoryCost: 24_576, timeCost: 3 }, false],
  ])('judges a hash with %s', async (_, { algorithm, ...costs }, weak) => {
    expect(hasher.isWeak(await hash('x', { ...costs, algorithm, parallelism: 1 }))).toBe(weak);
  });

  it.each(['', 'x', '$2b$12$abcdefghijklmnopqrstuv', '$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$aGFzaA'])('takes %j for weak', (text) => {
    expect(hasher.isWeak(text)).toBe(true);
  });
});
