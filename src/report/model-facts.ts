// What a report shows of a run's model: how its parameters are distributed, a sample, the attention of a sentence. Each part is
// optional: what cannot be had is a reason, not an error.
import { openCheckpoint } from '../checkpoint/index.js';
import { GptError } from '../errors.js';
import { explain } from '../explain/explain.js';
import { loadCheckpoint } from '../generate/load.js';
import { type Distribution, distributionOf } from './distribution.js';
import type { RunRecord } from './read-run.js';

export interface ParameterFacts extends Distribution {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface AttentionFacts {
  /** The T tokens that are attended to; the first is the beginning of the text. */
  readonly tokens: readonly string[];
  readonly layers: number;
  readonly heads: number;
  /** [L, H, T, T], 0 to 255 for weights of 0 to 1. */
  readonly weights: Uint8Array;
}

export interface ModelFacts {
  /** The step of the checkpoint that `parameters` are of, where it is known. */
  readonly iter?: number;
  readonly parameters?: readonly ParameterFacts[];
  /** Of the best checkpoint, where the log has no sample. */
  readonly sample?: string;
  readonly attention?: AttentionFacts;
  /** What could not be had, and why. */
  readonly missing: readonly string[];
}

const mostTokens = 32;
const mostCharacters = 200;
/** Of the weights that a page shows for one run. */
const mostWeights = 500_000;

export interface FactOptions {
  /** The sentence whose attention is shown. Default: the beginning of the latest sample. */
  readonly prompt?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function modelFacts(run: RunRecord, { prompt, signal }: FactOptions): Promise<ModelFacts> {
  const missing: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    if (signal?.aborted) return undefined;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GptError)) throw error;
      missing.push(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const weights = await attempt('parameters', () => parameterFacts(run.folder));
  if (weights === undefined) return { missing };
  const logged = run.samples.at(-1)?.text;
  const writes = !weights.labelled;
  const sample = writes && logged === undefined ? await attempt('sample', () => sampleOf(run.folder)) : undefined;
  const sentence = prompt ?? logged ?? sample;
  const attention =
    sentence === undefined ? undefined : await attempt('attention', () => attentionFacts(run.folder, sentence, signal));
  if (sentence === undefined && missing.length === 0)
    missing.push('attention: there is no text to read (--prompt TEXT)');
  return {
    ...(weights.iter !== undefined && { iter: weights.iter }),
    parameters: weights.parameters,
    ...(sample !== undefined && { sample }),
    ...(attention && { attention }),
    missing,
  };
}

async function parameterFacts(folder: string) {
  const checkpoint = await openCheckpoint(folder, { prefer: 'last' });
  try {
    const parameters: ParameterFacts[] = [];
    for (const { name, shape } of checkpoint.specs)
      parameters.push({ name, shape, ...distributionOf(await checkpoint.read(name)) });
    return { iter: checkpoint.training?.iter, labelled: checkpoint.labels !== undefined, parameters };
  } finally {
    await checkpoint.close();
  }
}

async function sampleOf(folder: string): Promise<string> {
  const model = await loadCheckpoint(folder);
  try {
    return (await model.complete('', { seed: 1337, maxNewTokens: 120 })).text;
  } finally {
    await model.close();
  }
}

async function attentionFacts(
  folder: string,
  text: string,
  signal: AbortSignal | undefined,
): Promise<AttentionFacts | undefined> {
  const start = Array.from(text.trim()).slice(0, mostCharacters).join('');
  for await (const event of explain({ run: folder, text: start, top: 0, attention: true, signal })) {
    if (event.event !== 'explanation' || !event.attention) continue;
    const { attention, tokens } = event;
    const [layers, heads] = [attention.length, attention[0]!.length];
    const fitting = Math.max(2, Math.floor(Math.sqrt(mostWeights / (layers * heads))));
    const time = Math.min(tokens.length, mostTokens, fitting);
    const weights = new Uint8Array(layers * heads * time * time);
    for (let l = 0; l < layers; l++)
      for (let h = 0; h < heads; h++)
        for (let t = 0; t < time; t++)
          for (let s = 0; s <= t; s++)
            weights[((l * heads + h) * time + t) * time + s] = Math.round(255 * attention[l]![h]![t]![s]!);
    const read = ['⇥', ...tokens.slice(0, time - 1).map((token) => token.text)];
    return { tokens: read, layers, heads, weights };
  }
  return undefined;
}
