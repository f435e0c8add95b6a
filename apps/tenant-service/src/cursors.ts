import type { FactoryProvider } from '@nestjs/common';
import { SignedCursor } from '@plinth/http';
import { TenantServiceConfig } from './config.js';

/** For modules with lists: what signs their cursors. */
export const cursors: FactoryProvider<SignedCursor> = {
  provide: SignedCursor,
  inject: [TenantServiceConfig],
  useFactory: ({ cursorSecrets }: TenantServiceConfig) => new SignedCursor(cursorSecrets),
};
