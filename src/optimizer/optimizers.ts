// The optimizers that can be chosen: adding one is a line here. Loads no tfjs.
import { adamw } from './adamw/index.js';
import { muon } from './muon/index.js';
import type { Optimizer } from './types.js';

export const optimizers = { adamw, muon } as const satisfies Readonly<Record<string, Optimizer>>;
