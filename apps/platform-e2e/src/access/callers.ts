import type { SignedIn } from '@plinth/dev-stack';
import { newId } from '@plinth/kernel';
import type { runningStack } from '../stack.js';
import type { CallerFacts } from './access-matrix.js';

type Stack = ReturnType<typeof runningStack>;

export interface Caller extends CallerFacts {
  readonly name: string;
  /** The credential, and the choice of the tenant under test. @param fresh of a session of its own, for a call that ends it */
  headers(fresh: boolean): Promise<Record<string, string>>;
}

/** Everybody who can stand before a route of a tenant: its members of each role, its keys of each scope, operators, a stranger. */
export class Callers {
  constructor(
    private readonly stack: Stack,
    private readonly owner: SignedIn,
  ) {}

  anonymous(): Caller {
    return { name: 'nobody', kind: 'anonymous', roles: [], headers: () => Promise.resolve({}) };
  }

  /** A member of the tenant with this role there and nowhere else; the only owner is the one who signed up. */
  async member(role: string): Promise<Caller> {
    const { email, password, userId } = role === 'owner' ? this.owner : await this.stack.newTenant('A member’s own');
    if (role !== 'owner') {
      await this.stack.query('INSERT INTO tenancy.membership (tenant_id, account_id, role, created_at) VALUES ($1, $2, $3, now())', [this.owner.tenantId, userId, role]);
    }
    return { name: role, kind: 'user', roles: [role], headers: this.signedIn(email, password, { 'x-tenant-id': this.owner.tenantId }) };
  }

  /** The owner in a browser: by a session's cookie, with what else its page sends. @param csrf what of the session's CSRF token it makes */
  async browser(name: string, csrf: (token: string) => Record<string, string>): Promise<Caller> {
    const { email, password } = this.owner;
    const signIn = async () => {
      const { cookie, csrfToken } = await this.stack.gateway.signInBrowser(email, password);
      return { cookie, ...csrf(csrfToken), 'x-tenant-id': this.owner.tenantId };
    };
    const kept = await signIn();
    return { name, kind: 'user', roles: ['owner'], headers: (fresh) => (fresh ? signIn() : Promise.resolve(kept)) };
  }

  /** A key of the owner's. */
  async key(scopes: readonly string[]): Promise<Caller> {
    const { status, text, body } = await this.stack.gateway.call<{ key: string }>('POST', '/v1/api-keys', { token: this.owner.token, body: { name: scopes.join(), scopes } });
    if (status !== 201) throw new Error(`a key for ${scopes.join()} was answered ${status}: ${text}`);
    return { name: `a key for ${scopes.join()}`, kind: 'api_key', roles: ['owner'], scopes, headers: () => Promise.resolve({ 'x-api-key': body.key }) };
  }

  /** An operator of this role, with the password of the one that `make up` made. */
  async operator(role: string): Promise<Caller> {
    const { email, password } = this.stack.facts.operator;
    const id = newId();
    const address = `${id}@operators.example`;
    await this.stack.query(
      `WITH made AS (
         INSERT INTO tenancy.account (id, email, password_hash, status, created_at, updated_at)
         SELECT $1, $2, password_hash, status, now(), now() FROM tenancy.account WHERE email = $3 RETURNING id
       ) INSERT INTO tenancy.operator (account_id, roles, created_at) SELECT id, ARRAY[$4], now() FROM made`,
      [id, address, email, role],
    );
    return { name: role, kind: 'operator', roles: [role], headers: this.signedIn(address, password, {}) };
  }

  /** The owner of another tenant, who names the tenant under test by ids alone. */
  async stranger(): Promise<Caller> {
    const { email, password } = await this.stack.newTenant('A stranger’s');
    return { name: 'the owner of another tenant', kind: 'user', roles: ['owner'], headers: this.signedIn(email, password, {}) };
  }

  private signedIn(email: string, password: string, more: Record<string, string>): Caller['headers'] {
    const signIn = async () => ({ authorization: `Bearer ${await this.stack.gateway.signIn(email, password)}`, ...more });
    let kept: ReturnType<typeof signIn> | undefined;
    return (fresh) => (fresh ? signIn() : (kept ??= signIn()));
  }
}
