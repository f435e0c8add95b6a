import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A user and group by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * As whom PostgreSQL runs, for it refuses to run as root:
 * - `self`: as we are;
 * - `namespace`: in a user namespace in which we are somebody else; files stay ours, so it works below a 0700 folder;
 * - `switch`: as another account, which needs its own copy of the binaries and the data where that account can read.
 */
export type PostgresUser = { readonly way: 'self' } | ({ readonly way: 'namespace' | 'switch' } & Account);

/** What the choice depends on. */
export interface UserFacts {
  readonly uid: number;
  /** Accounts of this machine; initdb refuses a user that has no name. */
  readonly accounts: readonly (Account & { readonly name: string })[];
  /** Whether PostgreSQL's programs run, and can write the home, in a namespace as that account. */
  worksInNamespace(account: Account): boolean;
}

/** @returns undefined where there is no way, e.g. an arbitrary user of a container that has no namespaces */
export function choosePostgresUser(facts: UserFacts): PostgresUser | undefined {
  const named = facts.accounts.some((account) => account.uid === facts.uid);
  if (facts.uid !== 0 && named) return { way: 'self' };
  const other = facts.accounts.find((account) => account.name === 'nobody') ?? facts.accounts.find((account) => account.uid !== 0);
  if (other === undefined) return undefined;
  const account = { uid: other.uid, gid: other.gid };
  if (facts.worksInNamespace(account)) return { way: 'namespace', ...account };
  return facts.uid === 0 ? { way: 'switch', ...account } : undefined;
}

export function userFacts(initdb: string, folder: string): UserFacts {
  return {
    uid: process.getuid?.() ?? 0,
    accounts: parseAccounts(readFileSync('/etc/passwd', 'utf8')),
    worksInNamespace: (account) => {
      const script = '"$1" --version >/dev/null && test -w "$2" && test -x "$2"';
      const [command, ...args] = inNamespace(account, ['sh', '-c', script, 'sh', initdb, folder]);
      return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
    },
  };
}

/** The command that runs another one in a user namespace as that account; it becomes it, so the pid is the other's. */
export function inNamespace(account: Account, command: readonly string[]): [string, ...string[]] {
  return ['unshare', '--user', `--map-user=${account.uid}`, `--map-group=${account.gid}`, ...command];
}

export function parseAccounts(passwd: string): (Account & { name: string })[] {
  return passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    return name && uid && gid ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
