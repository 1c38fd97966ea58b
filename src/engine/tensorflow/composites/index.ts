// Composites that TensorFlow has an operation for, or a better formula than their plain definition, by how the function
// is run. Those not in these tables are inlined: XLA fuses what they consist of.
import type { Lowerings } from '../lowerings/lowering.js';
import type { Mode } from '../writer.js';

export const composites: Readonly<Record<Mode, Lowerings>> = { xla: {}, graph: {} };
