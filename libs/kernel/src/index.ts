export { assertNever } from './assert-never.js';
export { backoffDelayMs, type BackoffOptions } from './backoff.js';
export { systemClock, type Clock } from './clock.js';
export { defineErrors, type CataloguedError, type ErrorCatalogue, type ErrorDefinition, type ErrorOccurrence } from './error-catalogue.js';
export { statusOf, treatmentOf, type ErrorKind, type ErrorTreatment } from './error-kind.js';
export { isUuid, newId } from './ids.js';
export { Problem, Rejection, reject, type FieldError, type ProblemExtra } from './problem.js';
export { openBytes, sealBytes } from './sealed-bytes.js';
export { transferErrors } from './transfer.errors.js';
