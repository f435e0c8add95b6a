export { bucketOf } from './bucket.js';
export { evaluate, type Evaluation, type FlagReason } from './evaluate.js';
export { FlagEvaluator, type FlagEvaluatorOptions } from './flag-evaluator.js';
export { flagTypes, splitUnits, type FlagContext, type FlagDefinition, type FlagRule, type FlagShare, type FlagType, type FlagValue, type SplitUnit } from './flag.js';
export { flagFaults, flagKeyPattern, maxFlagBytes, maxKeyLength, rulesSchema, variantsSchema } from './flag-faults.js';
export { FlagOverrides, flagOverrides, variableOfFlag } from './flag-overrides.js';
export { flagMetrics } from './metrics.js';
export { parseFlagValue, typeOfValue } from './flag-value.js';
