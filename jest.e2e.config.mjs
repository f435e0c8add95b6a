import { tier } from './jest.preset.mjs';

export default tier('e2e-spec');
