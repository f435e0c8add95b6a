export { Destination, type BreakerOptions, type BreakerState, type DestinationOptions } from './destination.js';
export type { ForwardEnding, ForwardOutcome } from './forwarded-exchange.js';
export { Forwarder, type ForwardOptions } from './forwarder.js';
export { HttpClient, type HttpAnswer, type HttpCall } from './http-client.js';
export { resilienceMetrics } from './metrics.js';
export { announcesBody, ClientLeft, discardRest } from './request-body.js';
export { StreamingClient, type StreamCall, type StreamedAnswer } from './streaming-client.js';
export { UpstreamProblem } from './upstream-problem.js';
