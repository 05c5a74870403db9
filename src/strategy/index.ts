/** Public face `tessera/strategy`: federated algorithms as values, and what they are made of. */
export { type CohortRule, cohortSizeOf, selectCohort } from './cohort.js';
export { type FedAvgOptions, fedAvg } from './fed-avg.js';
export {
  checkParticipationLimits,
  mayTakePart,
  noteParticipation,
  type ParticipationHistory,
  type ParticipationLimits,
  waitToTakePart,
} from './participation.js';
export { type DecaySchedule, type Schedule, type StepSchedule, valueAt } from './schedule.js';
export { selectClients } from './select-clients.js';
export {
  type AttributeSelection,
  type AvailabilitySelection,
  type Candidate,
  checkSelection,
  eligibleCandidates,
  type PowerOfChoiceSelection,
  type Selection,
  type UniformSelection,
} from './selection.js';
export type { Strategy } from './strategy.js';
