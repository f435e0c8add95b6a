export { assertNever } from './assert-never.js';
export { backoffDelayMs, type BackoffOptions } from './backoff.js';
export { systemClock, type Clock } from './clock.js';
export { isUuid, newId } from './ids.js';
export { Problem, Rejection, reject, statusOf, type ErrorKind, type FieldError, type ProblemExtra } from './problem.js';
