import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { AccessTokenVerifier, authErrors, CsrfTokens, type AccessTokenClaims } from '@plinth/auth';
import { GatewayConfig } from '../config.js';
import { BrowserSessions, type BrowserSessionFacts } from './browser-sessions.js';
import { callerErrors } from './callers.errors.js';
import { JwksFollower } from './jwks-follower.js';
import { isSameOrigin } from './same-origin.js';

/** What is known of a person who has signed in, asked anew each time. @throws Problem where nothing is any more */
export type FindClaims = () => Promise<AccessTokenClaims>;

/** What decides of a call by cookie. */
export interface CookieCall {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Whether it signs out, which a session that has ended may too. */
  readonly leaving: boolean;
}

/** Methods that change nothing (RFC 9110, section 9.2.1); all others need the CSRF token. */
const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Finds out which person calls: by an access token, or by the cookie of a browser's session. */
@Injectable()
export class People {
  private readonly publicOrigin: string;

  constructor(
    private readonly tokens: AccessTokenVerifier,
    private readonly keys: JwksFollower,
    private readonly sessions: BrowserSessions,
    private readonly csrf: CsrfTokens,
    { issuer }: GatewayConfig,
  ) {
    this.publicOrigin = new URL(issuer).origin;
  }

  /** @throws Problem `token_invalid`, `token_expired` (401), `verification_keys_unavailable` (503) */
  async byToken(token: string): Promise<FindClaims> {
    if (!this.keys.loaded) throw authErrors.verificationKeysMissing();
    const claims = await this.tokens.verify(token);
    return () => Promise.resolve(claims);
  }

  /**
   * A browser sends the cookie along with whatever page asks it to. So what may change something shows that it comes from a page of
   * ours: by what the browser says of the page, and by the session's CSRF token.
   *
   * @throws Problem `session_cookie_invalid`, `session_revoked` (401), `cross_site_request`, `csrf_token_invalid` (403), `caller_unconfirmed` (503)
   */
  async byCookie(cookie: string, { method, headers, leaving }: CookieCall): Promise<FindClaims> {
    const find = async () => this.requireOpen(await this.sessions.find(cookie), leaving);
    const { sessionId } = await find();
    if (!safe.has(method)) {
      if (!isSameOrigin(headers, this.publicOrigin)) throw callerErrors.crossSite();
      const token = headers['x-csrf-token'];
      if (typeof token !== 'string' || !this.csrf.isOf(token, sessionId)) throw callerErrors.csrfTokenInvalid();
    }
    return find;
  }

  private requireOpen(facts: BrowserSessionFacts, leaving: boolean): BrowserSessionFacts {
    if (facts.ended && !leaving) throw callerErrors.sessionRevoked();
    return facts;
  }
}
