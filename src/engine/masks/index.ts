// The contract of masks/: dropout's masks, drawn next to a graph instead of in it.
export { DrawnMasks } from './draw.js';
export { type LiftedMasks, liftMasks, type Mask } from './lift.js';
