// How a text is to be continued. Apart from text-model.ts, so that the library's types do not lead to tfjs.
import type { SamplingOptions } from '../sample/index.js';

export interface CompletionOptions extends Partial<SamplingOptions> {
  /** Default: that of `gpt-cli sample`, as of every option. */
  readonly maxNewTokens?: number;
  readonly stop?: readonly string[];
  /** `token=bias`, the token by its text or its id; the bias from -100 to 100. */
  readonly logitBias?: readonly string[];
  /** Which sample of several of one seed this is. */
  readonly index?: number;
  readonly signal?: AbortSignal | undefined;
}
