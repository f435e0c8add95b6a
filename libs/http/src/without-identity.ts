import { SetMetadata, type ExecutionContext } from '@nestjs/common';

const key = 'plinth:without-identity';

/**
 * A route that is answered without the internal identity, to whoever reaches the port: probes and
 * metrics, which never pass the gateway. Everything else behind the gateway needs an identity.
 *
 * @param reason why, in words; `make audit` lists it
 */
export const WithoutIdentity = (reason: string) => SetMetadata(key, reason);

/** The reason where the route is answered without identity, else undefined. */
export function withoutIdentityReason(execution: ExecutionContext): string | undefined {
  return (Reflect.getMetadata(key, execution.getHandler()) ?? Reflect.getMetadata(key, execution.getClass())) as string | undefined;
}
