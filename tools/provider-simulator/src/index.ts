export { faults, simulatedModels, type Fault } from './faults.ts';
export type { JournalEntry } from './journal.ts';
export { startSimulator, type Simulator, type SimulatorOptions } from './simulator.ts';
