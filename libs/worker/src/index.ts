export { workerMetrics } from './metrics.js';
export { Outage, type OutageLog } from './outage.js';
export { WakeSignal } from './wake-signal.js';
export { Worker, type NextRun, type WorkerOptions } from './worker.js';
export { WorkerSignals, type EndedRun } from './worker-signals.js';
