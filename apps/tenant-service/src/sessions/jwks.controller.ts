import { Controller, Get } from '@nestjs/common';
import { KeyRing, Public } from '@plinth/auth';
import { Answer, Answers, Operation } from '@plinth/http';
import { jwksShape } from './session-shapes.js';

@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: KeyRing) {}

  /** RFC 7517. Cached for minutes: a new key is put into the ring some time before it signs. */
  @Get('jwks.json')
  @Operation('getJwks', 'The public keys that access tokens are verified with')
  @Public('public keys, for whoever verifies an access token')
  @Answers(200, jwksShape)
  jwks() {
    return new Answer(this.keys.publicJwks(), { 'cache-control': 'public, max-age=300' });
  }
}
