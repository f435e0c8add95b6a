export { Destination, type BreakerOptions, type BreakerState, type DestinationOptions } from './destination.js';
export type { ForwardEnding, ForwardOutcome } from './forwarded-exchange.js';
export { Forwarder, type ForwardOptions } from './forwarder.js';
export { HttpClient, type HttpAnswer, type HttpCall } from './http-client.js';
export { announcesBody, discardRest } from './request-body.js';
export { UpstreamProblem } from './upstream-problem.js';
