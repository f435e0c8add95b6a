import { Matches } from 'class-validator';

export class FindBrowserSessionDto {
  /** SHA-256, lower-case hex. */
  @Matches(/^[0-9a-f]{64}$/)
  cookieHash!: string;
}
