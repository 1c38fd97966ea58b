// The entry `gpt-cli/jit`: tfjs code traced once and run compiled on any engine.
export type { Device, EngineName } from '../engine/index.js';
export { GptError } from '../errors.js';
export { type DropoutKey, dropout } from '../ops/dropout.js';
export { type JitOptions, type Jitted, jit } from './jit.js';
export type { GivenFor, Spec, SpecTree, TensorsOf } from './specs.js';
