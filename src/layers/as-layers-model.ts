// A checkpoint as a tf.LayersModel: what tfjs can predict with, train, save and load.
import { type Checkpoint, openCheckpoint, type Preference } from '../checkpoint/index.js';
import type { GptLayer } from '../model/layers/base.js';
import { familyOf, type GptConfig } from '../model/registry.js';
import * as tf from '../tf.js';
import { ClassifierHead } from './classifier-head.js';
import { TiedEmbedding } from './tied-embedding.js';

export interface LayersModelOptions {
  /** Which checkpoint of a run folder. Default: best. */
  readonly prefer?: Preference;
}

type Symbolic = ReturnType<typeof tf.input>;

/**
 * Opens a run folder, a checkpoint folder or any Hugging Face folder as a tf.LayersModel on tfjs' active backend.
 *
 * Its input is token ids, int32 [B, T], T at most the block size; its output is logits [B, T, V], V the vocabulary size.
 * A classifier takes [ids, positions], positions int32 [B] or [B, 1] being the last token of each text, and gives scores [B, L] in
 * the order of its labels. The model has no dropout. A program that loads a saved one imports `gpt-cli/layers` before.
 *
 * @returns the model, the caller's to dispose
 * @throws GptError `checkpoint/...`
 */
export async function asLayersModel(path: string, options: LayersModelOptions = {}): Promise<tf.LayersModel> {
  const { prefer } = options;
  const checkpoint = await openCheckpoint(path, prefer ? { prefer } : {});
  try {
    const { model, layers } = await build(checkpoint.config, checkpoint.labels?.length);
    try {
      for (const layer of layers) await fill(layer, checkpoint);
    } catch (error) {
      model.dispose();
      throw error;
    }
    return model;
  } finally {
    await checkpoint.close();
  }
}

/** @param labelCount of a classifier */
async function build(
  config: GptConfig,
  labelCount: number | undefined,
): Promise<{ model: tf.LayersModel; layers: GptLayer[] }> {
  const family = familyOf(config);
  const { build: buildLayers } = await family.layers();
  const { layers } = buildLayers({ ...config, dropout: 0 });
  const { vocabSize, nEmbd, tie = true } = config;
  const tokens = tie ? new TiedEmbedding({ name: layers[0]!.name, vocabSize, nEmbd }) : layers[0]!;
  const projection = tie ? tokens : layers.at(-1)!;
  const body = layers.slice(1, tie ? undefined : -1);
  const all = [tokens, ...body, ...(tie ? [] : [projection])];
  for (const layer of all) layer.setFastWeightInitDuringBuild(true); // zeros: checkpoints fill them
  const ids = tf.input({ shape: [null], dtype: 'int32', name: 'ids' });
  const hidden = [tokens, ...body].reduce((x, layer) => layer.apply(x) as Symbolic, ids);
  if (labelCount === undefined) {
    const logits = projection.apply(hidden) as Symbolic;
    return { model: tf.model({ inputs: ids, outputs: logits, name: 'gpt' }), layers: all };
  }
  const [name] = family.head(config, labelCount).name.split('.') as [string];
  const head = new ClassifierHead({ name, labelCount, nEmbd });
  const positions = tf.input({ shape: [1], dtype: 'int32', name: 'positions' });
  const scores = head.apply([hidden, positions]) as Symbolic;
  const model = tf.model({ inputs: [ids, positions], outputs: scores, name: 'gpt-classifier' });
  return { model, layers: [tokens, ...body, head] };
}

async function fill(layer: GptLayer, checkpoint: Checkpoint): Promise<void> {
  for (const [name, variable] of layer.parameters(`${layer.name}.`)) {
    const numbers = await checkpoint.read(name);
    tf.tidy(() => variable.assign(tf.tensor(numbers, variable.shape)));
  }
}
