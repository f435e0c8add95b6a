import { tier } from './jest.preset.mjs';

// Long runs on a stack of their own, whose parts they kill again and again: `make torture`. The limit stands for "never".
export default tier('torture-spec', { maxWorkers: 1, testTimeout: 3_600_000 });
