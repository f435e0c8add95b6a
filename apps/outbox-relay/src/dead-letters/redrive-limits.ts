/** How often a letter is sent again before that takes a reason: what fails so often fails for one. */
export const defaultMaxReplays = 5;
export const maxReplaysAtMost = 100;

/** Letters a second that a redrive of many sends where its operator does not say, and at most. */
export const defaultRatePerSecond = 50;
export const ratePerSecondAtMost = 1_000;
