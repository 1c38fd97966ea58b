// The contract of trace/: record tfjs code into a typed graph, improve the graph, look at it, run it plainly.
export { GraphBuilder } from './builder.js';
export { composite, primitive } from './composite.js';
export { dump } from './dump.js';
export type {
  Attribute,
  Attributes,
  Constant,
  DType,
  Graph,
  HostArray,
  Node,
  Port,
  TensorSpec,
  Value,
} from './graph.js';
export { sizeOf } from './graph.js';
export type { StepFunction } from './step.js';
export { verify } from './verify.js';
export { inferNode, inferOutputs, type Operation, vocabulary } from './vocabulary.js';
