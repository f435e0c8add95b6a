import { Injectable } from '@nestjs/common';
import { RevocationsRepository, type CallerInQuestion, type CallerStanding } from './revocations.repository.js';

@Injectable()
export class RevocationsService {
  constructor(private readonly revocations: RevocationsRepository) {}

  /** For a gateway that hears nothing from the feed. */
  async checkCaller(caller: CallerInQuestion): Promise<CallerStanding> {
    return await this.revocations.checkCaller(caller);
  }
}
