// Scores a model as it is asked for and, where its weights are rounded for that, in float32 too: what the rounding costs.
import type { Checkpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import type { EvaluationEvent, ResultEvent } from '../events.js';
import { type OpenModelOptions, openModel } from '../session/open-model.js';
import type { Session } from '../session/session.js';
import type { Tokenizer } from '../tokenizer/index.js';

/**
 * Yields one `result`. With `--quantize int8` or `int4` of a model in float32 it has that of the float32 weights besides.
 * @param evaluate yields one `result`; told to leave the checkpoint open where it is needed again
 */
export async function* inEachFormat(
  { scheme }: Checkpoint,
  machine: InferenceConfig,
  evaluate: (machine: InferenceConfig, keepOpen: boolean) => AsyncGenerator<EvaluationEvent>,
): AsyncGenerator<EvaluationEvent> {
  const { quantize } = machine;
  const rounded = quantize === 'auto' ? scheme : quantize === 'none' ? undefined : quantize;
  const comparing = rounded !== undefined && rounded !== scheme;
  let full: ResultEvent | undefined;
  if (comparing)
    for await (const event of evaluate({ ...machine, quantize: 'none' }, true)) {
      if (event.event === 'result') full = event;
      else yield event;
    }
  for await (const event of evaluate(machine, false)) {
    if (event.event === 'result')
      yield { ...event, ...(rounded && { weights: rounded }), ...(full && figuresOf(full)) };
    else if (!full || event.event === 'phase') yield event; // its notices were given before
  }
}

function figuresOf({ loss, accuracy }: ResultEvent): Pick<ResultEvent, 'float32'> {
  return { float32: { loss, ...(accuracy !== undefined && { accuracy }) } };
}

/** Opens a model, uses it and closes it. */
export async function* withModel(
  checkpoint: Checkpoint,
  tokenizer: Tokenizer,
  machine: InferenceConfig,
  options: OpenModelOptions,
  use: (session: Session) => AsyncGenerator<EvaluationEvent>,
): AsyncGenerator<EvaluationEvent> {
  const session = yield* openModel(checkpoint, tokenizer, machine, options);
  try {
    yield* use(session);
  } finally {
    await session.close();
  }
}
