// The process that races: a native library that crashes ends this one, not the run. Contestants and threads come as JSON in the
// arguments, the medians leave as JSON.
import { writeSync } from 'node:fs';
import { raceSteps } from './steps.js';

const [contestants, threads, seconds] = process.argv.slice(2).map((text) => JSON.parse(text));
writeSync(1, JSON.stringify(await raceSteps(contestants, threads, seconds)));
process.exit(0);
