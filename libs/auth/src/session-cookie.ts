import { hash, randomBytes } from 'node:crypto';

/** 256 random bits in base64url. */
const FORM = /^[\w-]{43}$/;

/** A new value of a session's cookie. */
export const newSessionCookie = () => randomBytes(32).toString('base64url');

/** What is stored of it, and what services tell each other in its place: SHA-256, lower-case hex. Random bits need no slow hash. */
export const hashSessionCookie = (value: string) => hash('sha256', value);

/** Whether the text can be one at all. */
export const isSessionCookie = (text: string) => FORM.test(text);

/**
 * The cookie of a browser's session. Behind https it has the prefix `__Host-` and is `Secure` (RFC 6265bis, section 4.1.3.2): no other host,
 * a sibling domain neither, can set it, and none gets it. Over plain http, which is for development, it has neither, for browsers differ in
 * whether they keep such a cookie of http://localhost, and programs drop it.
 */
export class SessionCookie {
  readonly name: string;
  private readonly attributes: string;

  /** @param publicUrl where callers reach the gateway: `PLINTH_ISSUER` */
  constructor(publicUrl: string) {
    const secure = new URL(publicUrl).protocol === 'https:';
    this.name = secure ? '__Host-plinth_session' : 'plinth_session';
    this.attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  }

  /** `Set-Cookie` for a session. @param maxAgeSeconds how long the browser keeps it; the server may end it before */
  set(value: string, maxAgeSeconds: number): string {
    return `${this.name}=${value}; Max-Age=${maxAgeSeconds}; ${this.attributes}`;
  }

  /** `Set-Cookie` that has the browser forget it. */
  get cleared(): string {
    return this.set('', 0);
  }

  /** Its values in a `Cookie` header; more than one where somebody has put another beside it. */
  valuesIn(header: string | undefined): string[] {
    const start = `${this.name}=`;
    const pairs = (header ?? '').split(';').map((pair) => pair.trim());
    return pairs.filter((pair) => pair.startsWith(start) && pair.length > start.length).map((pair) => pair.slice(start.length));
  }
}
