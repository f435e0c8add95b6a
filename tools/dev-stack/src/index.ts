export { findEvent, type FoundEvent } from './demo/find-event.ts';
export { resetStack, stopStack } from './down.ts';
export { killPart, makeUp, restartPart, restartService } from './faults.ts';
export { UserError } from './output.ts';
export { GatewayClient, type CallAnswer, type CallOptions, type SignedIn } from './gateway-client.ts';
export { findFreeBase } from './ports.ts';
export type { DemoAccount, StackFacts } from './stack-file.ts';
export { stackStatus, type PartStatus } from './status.ts';
export { startStack, type StartOptions } from './up.ts';
