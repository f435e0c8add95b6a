import { startSimulator } from './simulator.ts';

const { SIMULATOR_PORT = '0', SIMULATOR_API_KEY } = process.env;
const simulator = await startSimulator({ port: Number(SIMULATOR_PORT), ...(SIMULATOR_API_KEY ? { apiKey: SIMULATOR_API_KEY } : {}) });
console.log(`the provider simulator listens at ${simulator.baseUrl}`);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.stop());
