import { tier } from './jest.preset.mjs';

export default tier('int-spec', { testTimeout: 30_000 });
