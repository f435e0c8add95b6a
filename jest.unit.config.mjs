import { tier } from './jest.preset.mjs';

export default tier('spec');
