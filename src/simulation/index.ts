/** Public face `tessera/simulation`: a federation in one process. */

export {
  optionNames,
  parseOptions,
  type ResolvedOptions,
  type SimulationOptions,
} from '../settings/simulation-options.js';
export type { TrainerFactory } from '../trainers/create-trainer.js';
export type { SimulationHooks, SimulationResult, SimulationWatcher } from './hooks.js';
export { resumeSimulation, simulate } from './simulate.js';
