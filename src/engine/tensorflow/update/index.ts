// How the arrays of a rule are updated: by an operation of TensorFlow's own where a plain graph has one, else as defined.
import type { OptimizerOptions, UpdateRule } from '../../../optimizer/index.js';
import type { Mode } from '../writer.js';
import { adamw } from './adamw.js';
import { defined } from './defined.js';
import type { UpdateWriter } from './types.js';

/** By the rule's operation. */
const own: Readonly<Record<Mode, Readonly<Record<string, UpdateWriter>>>> = { xla: {}, graph: { AdamW: adamw } };

export function updateWriter({ op }: UpdateRule, mode: Mode, options: OptimizerOptions): UpdateWriter {
  const table = own[mode];
  return (Object.hasOwn(table, op) ? table[op] : undefined) ?? defined(options);
}
