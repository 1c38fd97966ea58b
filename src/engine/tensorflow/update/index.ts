// AdamW's update of an array, by how the function is run.
import type { Mode } from '../writer.js';
import { formulas } from './formulas.js';
import { kernels } from './kernels.js';
import type { UpdateWriter } from './types.js';

export type { ArrayUpdate } from './types.js';

export const updates: Readonly<Record<Mode, UpdateWriter>> = { xla: formulas, graph: kernels };
