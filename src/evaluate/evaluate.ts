// How well a model predicts: labels, completions or text, whichever the data holds.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, requireStrings, resolve } from '../config/index.js';
import { isTable, spoolInputs } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { EvaluationEvent } from '../events.js';
import { isPipe, scratchFolder } from '../files/index.js';
import { inEachFormat, withModel } from './formats.js';
import { evaluateLabelled, labelledTask } from './labelled.js';
import type { LabelledColumns } from './labelled-columns.js';
import { evaluateText } from './text.js';
import { defaultNewTokens } from './write-greedily.js';

export interface EvaluateOptions extends LabelledColumns {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Files, folders, globs, or `-` for standard input. */
  readonly inputs: readonly string[];
  readonly layers?: readonly Layer[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Of a table: only the first rows. */
  readonly limit?: number | undefined;
  /** Of prompts and completions: the answers are also written, greedily, for BLEU and chrF. */
  readonly generate?: boolean | undefined;
  /** Tokens of a written answer at most; default 256. */
  readonly maxNewTokens?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const known: Record<keyof EvaluateOptions, boolean> = {
  ...{ run: true, inputs: true, layers: false, stdin: false, signal: false },
  ...{ limit: false, generate: false, maxNewTokens: false },
  ...{ textColumns: false, labelColumn: false, promptTemplate: false },
};

/**
 * Yields one `result`. A classifier and a table with labels: accuracy and confusion. A table with prompts and completions:
 * the loss of the completions. Anything else is scored as text: the first token after <|endoftext|> where the model knows
 * it, else not at all. Characters that did not occur in the training text are scored as the unknown token, with a
 * warning; models of earlier versions have no such token, and leave them out. With `quantize` the float32 weights are scored
 * too.
 */
export async function* evaluate(options: EvaluateOptions): AsyncGenerator<EvaluationEvent> {
  checkOptions('evaluate', options, known);
  requireStrings('"inputs"', options.inputs);
  const machine = resolve('eval', options.layers).values;
  const checkpoint = await openCheckpoint(options.run);
  const scratch = scratchFolder('gpt-cli-eval-');
  try {
    const { labels, directory } = checkpoint;
    // A table is opened twice, and a pipe can be read only once.
    const [first = ''] = options.inputs;
    const inputs =
      isTable(first) && isPipe(first) ? await spoolInputs(options.inputs, scratch.path, options) : options.inputs;
    const labelled = await labelledTask(inputs, labels, options);
    if (options.generate && labelled?.task !== 'instruct') {
      throw new GptError('eval/generate', `${first} has no prompts and completions: there is nothing to write`, {
        hint: 'a table with columns prompt and completion, instruction and output, or messages',
      });
    }
    if (!labelled) {
      if (options.limit !== undefined) throw new GptError('eval/limit', `${first} is scored as text: it has no rows`);
      yield* evaluateText(checkpoint, machine, { ...options, inputs }, scratch.path);
      return;
    }
    const tokenizer = await checkpoint.loadTokenizer();
    const { limit, generate, maxNewTokens = defaultNewTokens, signal } = options;
    const written = { maxNewTokens: generate ? maxNewTokens : undefined };
    yield* inEachFormat(checkpoint, machine, (how, keepOpen) =>
      withModel(checkpoint, tokenizer, how, { labels, keepOpen }, (session) =>
        evaluateLabelled({ session, ...labelled, choice: options, limit, ...written, directory, signal }),
      ),
    );
  } finally {
    scratch.remove();
    await checkpoint.close();
  }
}
