// The contract of cluster/.
export { type Part, partOf, type RowRange, rowRange } from './rows.js';
export { isCommon, share, shareArray } from './share.js';
export { parseTfConfig } from './tf-config.js';
export type { Cluster, ClusterSpec, Summands } from './types.js';
