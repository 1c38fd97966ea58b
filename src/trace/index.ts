// The contract of trace/: record tfjs code into a typed graph, improve the graph, look at it, run it plainly.
export { ensureTraceBackend, placeholder, restoringBackend, TraceBackend, traceBackendName } from './backend.js';
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
export { type InterpretOptions, interpret } from './interpret.js';
export {
  type Allocation,
  addWork,
  bytesOf,
  largestUnpacked,
  type MemoryEvent,
  memoryEvents,
  peakBytes,
  usualAllocation,
  type Work,
  workOf,
} from './liveness.js';
export type { GraphRewriter } from './passes/index.js';
export {
  foldConstants,
  inlineComposites,
  optimize,
  removeDeadCode,
  rewrite,
  shareCommonSubexpressions,
  simplify,
  transposeIntoMatMul,
} from './passes/index.js';
export type { StepFunction } from './step.js';
export { gradientName, refusePromise, type TraceOptions, trace } from './trace.js';
export { type TracedFunction, traceFunction } from './trace-function.js';
export { verify } from './verify.js';
export { inferNode, inferOutputs, type Operation, vocabulary } from './vocabulary/index.js';
