// The options that pretraining and finetuning share. Apart, so that the library's types do not lead to tfjs.
import type { ClusterSpec } from '../cluster/types.js';
import type { Layer } from '../config/index.js';
import type { Diagnostics } from '../session/diagnostics.js';

export interface TrainingOptions extends Diagnostics {
  /** Settings by camelCase key, weakest layer first: presets, config files, flags. */
  readonly layers?: readonly Layer[];
  /** The run folder; default `runs/<name of the first input>`. */
  readonly out?: string | undefined;
  /** Resume the run in `out`. */
  readonly resume?: boolean;
  /** Resume although the data is not the one that the run was trained on. */
  readonly allowChangedData?: boolean;
  /** Replace the run in `out`. */
  readonly overwrite?: boolean;
  /** Aborted: the step is finished and the state saved. */
  readonly signal?: AbortSignal | undefined;
  /** Other workers to train with, and which of them this is: what TF_CONFIG says. Only worker 0 writes to `out`. */
  readonly cluster?: ClusterSpec | undefined;
  /** What a person typed, kept in the run. */
  readonly commandLine?: readonly string[];
}

/** For `checkOptions`: none of them must be given. */
export const trainingOptions: Record<keyof TrainingOptions, boolean> = {
  ...{ layers: false, out: false, resume: false, allowChangedData: false, overwrite: false, signal: false },
  ...{ onGraph: false, profile: false, memoryCheck: false, cluster: false, commandLine: false },
};
