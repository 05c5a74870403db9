/** Public face `tessera/simulation`: a federation in one process. */
export type { TrainerFactory } from '../trainers/create-trainer.js';
export type { SimulationHooks, SimulationResult } from './hooks.js';
export { optionNames, parseOptions, type ResolvedOptions, type SimulationOptions } from './options.js';
export { resumeSimulation, simulate } from './simulate.js';
