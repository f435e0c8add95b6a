import { Controller } from '@nestjs/common';
import type { UserErasedV1Payload } from '@plinth/contracts';
import type { Tx } from '@plinth/database';
import { OnEvent, type ReceivedEvent } from '@plinth/kafka';
import { ErasuresService } from './erasures.service.js';

/** A person whose account is erased is erased from the trail, too. */
@Controller()
export class ErasePersonWhenUserErasedHandler {
  constructor(private readonly erasures: ErasuresService) {}

  @OnEvent('user.erased', 1)
  async erase({ payload }: ReceivedEvent<UserErasedV1Payload>, tx: Tx): Promise<void> {
    await this.erasures.erase(tx, payload);
  }
}
