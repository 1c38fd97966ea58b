// The contract of race/: which engine is faster on this machine.
export { describeRace, type RaceOptions, raceOnce, type Verdict, verdict } from './race.js';
export { type Contestant, type Race, recordedRace } from './record.js';
