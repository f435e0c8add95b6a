import { Module, type DynamicModule } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { EntriesController } from './entries.controller.js';
import { EntriesRepository } from './entries.repository.js';
import { EntriesService } from './entries.service.js';

export interface EntriesOptions {
  /** Entries of `CURSOR_SECRET`; the first signs. */
  readonly cursorSecrets: readonly Uint8Array[];
}

@Module({})
export class EntriesModule {
  static forRoot(options: EntriesOptions): DynamicModule {
    return {
      module: EntriesModule,
      controllers: [EntriesController],
      providers: [{ provide: SignedCursor, useFactory: () => new SignedCursor(options.cursorSecrets) }, EntriesRepository, EntriesService],
    };
  }
}
