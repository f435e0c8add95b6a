import { tier } from './jest.preset.mjs';

// One file at a time: they share a stack, and some of them take its parts away.
export default tier('e2e-spec', { maxWorkers: 1, testTimeout: 60_000 });
