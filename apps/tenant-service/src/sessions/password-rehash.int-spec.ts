import { hash } from '@node-rs/argon2';
import { Transactor } from '@plinth/database';
import { AccountsRepository } from '../accounts/accounts.repository.js';
import { PasswordHasher } from '../accounts/password-hasher.js';
import { bootTenantService } from '../testing.js';

describe('a password whose hash is weaker than those of today', () => {
  let service: Awaited<ReturnType<typeof bootTenantService>>;
  beforeAll(async () => {
    service = await bootTenantService();
  });
  afterAll(() => service.close());

  const hasher = new PasswordHasher();
  const hashOf = async (accountId: string) => (await service.database.query<{ password_hash: string }>('SELECT password_hash FROM tenancy.account WHERE id = $1', [accountId]))[0]?.password_hash ?? '';

  async function accountOfBefore() {
    const registered = await service.register();
    const weakHash = await hash(registered.request.password, { algorithm: 2, memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await service.database.query('UPDATE tenancy.account SET password_hash = $2 WHERE id = $1', [registered.user.id, weakHash]);
    const signIn = (password = registered.request.password) => service.call('POST', '/v1/auth/login', { body: { email: registered.request.email, password } });
    return { ...registered, weakHash, signIn };
  }

  it('is hashed anew when it is right, and is the same password', async () => {
    const { user, signIn } = await accountOfBefore();
    expect((await signIn()).status).toBe(200);
    const stronger = await hashOf(user.id);
    expect(hasher.isWeak(stronger)).toBe(false);
    expect([(await signIn()).status, (await signIn('not this one')).status, await hashOf(user.id)]).toEqual([200, 401, stronger]);
  });

  it('stays as it is when a wrong one is tried', async () => {
    const { user, weakHash, signIn } = await accountOfBefore();
    expect([(await signIn('not this one')).status, await hashOf(user.id)]).toEqual([401, weakHash]);
  });

  it('lets everybody in who signs in at once, for all verified what only one replaced', async () => {
    const { user, signIn } = await accountOfBefore();
    const answers = await Promise.all(Array.from({ length: 5 }, () => signIn()));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await service.database.query('SELECT 1 FROM tenancy.session WHERE account_id = $1 AND revoked_at IS NULL', [user.id])).toHaveLength(5);
    expect(hasher.isWeak(await hashOf(user.id))).toBe(false);
  });

  it('counts as verified by the hash of before until the password itself changes', async () => {
    const { user, weakHash, signIn } = await accountOfBefore();
    const [accounts, transactor] = [service.app.get(AccountsRepository, { strict: false }), service.app.get(Transactor, { strict: false })];
    const asOwner = { tenantId: null, principalId: user.id };
    const holds = (passwordHash: string) => transactor.run({ ...asOwner }, (tx) => accounts.holdAsVerified(tx, { id: user.id, passwordHash }));
    await signIn();
    const stronger = await hashOf(user.id);
    expect([await holds(weakHash), await holds(stronger), await holds('x')]).toEqual([true, true, false]);

    // A change that verified the password a moment before it was hashed anew goes through.
    const changed = await hasher.hash('another horse battery');
    expect(await transactor.run({ ...asOwner }, (tx) => accounts.replacePasswordHash(tx, user.id, weakHash, changed, new Date()))).toBe(true);
    expect([await holds(weakHash), await holds(stronger), await holds(changed)]).toEqual([false, false, true]);
    // The proof is of a hash that is gone.
    expect(await service.database.query('SELECT rehash_proof AS proof FROM tenancy.account WHERE id = $1', [user.id])).toEqual([{ proof: null }]);
    expect(await transactor.run({ ...asOwner }, (tx) => accounts.replacePasswordHash(tx, user.id, weakHash, 'y', new Date()))).toBe(false);
  });
});
