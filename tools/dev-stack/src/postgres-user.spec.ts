import { choosePostgresUser, parseAccounts, type UserFacts } from './postgres-user.ts';

const accounts = [
  { name: 'root', uid: 0, gid: 0 },
  { name: 'daemon', uid: 1, gid: 1 },
  { name: 'nobody', uid: 65534, gid: 65534 },
  { name: 'me', uid: 1001, gid: 1001 },
];
const facts = (changes: Partial<UserFacts>): UserFacts => ({ uid: 0, accounts, worksInNamespace: () => true, ...changes });

describe('PostgreSQL, which refuses to run as root, runs', () => {
  it('as ourselves where we are an ordinary user', () => {
    expect(choosePostgresUser(facts({ uid: 1001 }))).toEqual({ way: 'self' });
  });

  it('in a user namespace where we are root and there are namespaces', () => {
    expect(choosePostgresUser(facts({}))).toEqual({ way: 'namespace', uid: 65534, gid: 65534 });
  });

  it('as another account where we are root and there are none', () => {
    expect(choosePostgresUser(facts({ worksInNamespace: () => false }))).toEqual({ way: 'switch', uid: 65534, gid: 65534 });
  });

  it('in a namespace where our user has no name, which initdb asks for', () => {
    expect(choosePostgresUser(facts({ uid: 1234 }))).toMatchObject({ way: 'namespace' });
    expect(choosePostgresUser(facts({ uid: 1234, worksInNamespace: () => false }))).toBeUndefined();
  });

  it('as any other account where there is no nobody', () => {
    expect(choosePostgresUser(facts({ accounts: accounts.slice(0, 2) }))).toMatchObject({ uid: 1 });
  });
});

describe('parseAccounts', () => {
  it('reads names and numbers', () => {
    expect(parseAccounts('root:x:0:0:root:/root:/bin/bash\n\nnobody:x:65534:65533::/:\n')).toEqual([
      { name: 'root', uid: 0, gid: 0 },
      { name: 'nobody', uid: 65534, gid: 65533 },
    ]);
  });
});
