// GPT-2 in Hugging Face's format, as transformers' GPT2LMHeadModel and GPT2ForSequenceClassification read and write it. What the
// format cannot express is marked under `gpt_cli`. A model without biases is written as one with zero biases, a sinusoidal one
// with its fixed table, so that transformers computes the same; the marker tells us to leave them out again.
import type { ConfigReader, HuggingFaceFormat } from '../../hugging-face.js';
import { classifierHead } from '../classifier-head.js';
import { most } from '../limits.js';
import type { PositionKind } from './config.js';
import {
  type Activation,
  activationNames,
  type Gpt2Config,
  outputProjection,
  parameters,
  positionTable,
  tokenTable,
} from './config.js';

/** The model_type of models that GPT-2's format cannot hold: rotary positions. */
const ropeModelType = 'gpt-cli-rope';

/** What transformers calls by several names. */
const synonyms: Readonly<Record<string, Activation>> = {
  gelu_pytorch_tanh: 'gelu_new',
  gelu_fast: 'gelu_new',
  swish: 'silu',
};

function readActivation(json: ConfigReader): Activation {
  const value = json.value('activation_function') ?? 'gelu_new';
  const name = synonyms[String(value)] ?? value;
  if ((activationNames as readonly unknown[]).includes(name)) return name as Activation;
  throw json.wrong(`activation_function is ${JSON.stringify(value)}`, `${activationNames.join(', ')} can be computed`);
}

function readMarker(json: ConfigReader): { position: PositionKind; bias: boolean } {
  const marker = json.value('gpt_cli');
  if (marker === undefined) return { position: 'learned', bias: true };
  const { version, position, bias } = marker as Record<string, unknown>;
  if (version !== 1) {
    const found = JSON.stringify(version) ?? 'missing';
    throw json.wrong(`gpt_cli.version is ${found}, this program knows version 1`, 'update gpt-cli');
  }
  if (position !== 'learned' && position !== 'sinusoidal' && position !== 'rope')
    throw json.wrong(`gpt_cli.position is ${JSON.stringify(position) ?? 'missing'}`);
  if (typeof bias !== 'boolean') throw json.wrong(`gpt_cli.bias is ${JSON.stringify(bias) ?? 'missing'}`);
  return { position, bias };
}

function read(json: ConfigReader): Gpt2Config {
  const marker = readMarker(json);
  const modelType = json.value('model_type');
  if ((marker.position === 'rope') !== (modelType === ropeModelType)) {
    const found = `gpt_cli.position is ${JSON.stringify(marker.position)}`;
    throw json.wrong(`${found} in a model of type ${JSON.stringify(modelType)}`);
  }
  const nEmbd = json.size('n_embd', most.width);
  const nHead = json.size('n_head', most.heads);
  if (nEmbd % nHead !== 0) throw json.wrong(`n_embd (${nEmbd}) is not divisible by n_head (${nHead})`);
  json.only('scale_attn_weights', [true]);
  json.only('add_cross_attention', [false]);
  const activation = readActivation(json);
  const ffnSize = json.size('n_inner', most.inner, 4 * nEmbd);
  return {
    vocabSize: json.size('vocab_size', most.vocabulary),
    blockSize: json.size('n_positions', most.positions, 'n_ctx'),
    nLayer: json.size('n_layer', most.layers),
    nHead,
    nEmbd,
    dropout: json.number('resid_pdrop', 0.1),
    bias: marker.bias,
    position: marker.position,
    layerNormEpsilon: json.number('layer_norm_epsilon', 1e-5),
    ...(activation !== 'gelu_new' && { activation }),
    ...(ffnSize !== 4 * nEmbd && { ffnSize }),
    ...(!json.toggle('tie_word_embeddings', true) && { tie: false }),
    ...(json.toggle('scale_attn_by_inverse_layer_idx', false) && { scaleByBlock: true }),
  };
}

function write(config: Gpt2Config): Record<string, unknown> {
  const { position, bias, dropout } = config;
  return {
    model_type: position === 'rope' ? ropeModelType : 'gpt2',
    vocab_size: config.vocabSize,
    n_positions: config.blockSize,
    n_ctx: config.blockSize,
    n_embd: config.nEmbd,
    n_layer: config.nLayer,
    n_head: config.nHead,
    n_inner: config.ffnSize ?? null,
    activation_function: config.activation ?? 'gelu_new',
    resid_pdrop: dropout,
    embd_pdrop: dropout,
    attn_pdrop: dropout,
    layer_norm_epsilon: config.layerNormEpsilon,
    ...(config.scaleByBlock && { scale_attn_by_inverse_layer_idx: true }),
    initializer_range: 0.02,
    tie_word_embeddings: config.tie ?? true,
    gpt_cli: { version: 1, position, bias },
  };
}

/** The full set of tensors of the format: with biases, and with a table of positions. */
function stored(config: Gpt2Config) {
  return parameters({ ...config, bias: true, position: config.position === 'rope' ? 'rope' : 'learned' });
}

/** [blockSize, nEmbd], as the model computes with it. Loaded only when needed: it brings tfjs along. */
async function fixedPositions({ blockSize, nEmbd }: Gpt2Config): Promise<Float32Array> {
  const { sinusoidalTable } = await import('../../layers/position-embedding.js');
  return sinusoidalTable(blockSize, nEmbd);
}

export const huggingFace: HuggingFaceFormat<Gpt2Config> = {
  modelTypes: ['gpt2', ropeModelType],
  read,
  write,
  architecture: ({ position }, use) =>
    `${position === 'rope' ? 'GptCliRope' : 'GPT2'}${use === 'generation' ? 'LMHeadModel' : 'ForSequenceClassification'}`,

  /** Files come with and without the prefix `transformer.`, and older ones with the attention masks as tensors. */
  parameterName: (name) => {
    const plain = name.replace(/^transformer\./, '');
    return /^h\.\d+\.attn\.(masked_)?bias$/.test(plain) ? undefined : plain;
  },
  storedName: (parameter, classifier) =>
    classifier && parameter !== classifierHead && parameter !== outputProjection
      ? `transformer.${parameter}`
      : parameter,
  moduleName: (parameter) =>
    parameter === classifierHead || parameter === outputProjection ? parameter : `transformer.${parameter}`,
  tie: { output: outputProjection, embedding: tokenTable },

  stored,
  constant: async (config, { name, shape }) =>
    name === positionTable ? fixedPositions(config) : new Float32Array(shape.reduce((a, b) => a * b, 1)),
  async settle(config, readTensor) {
    let { bias, position } = config;
    if (!bias) {
      const biases = parameters({ ...config, bias: true }).filter(({ name }) => name.endsWith('.bias'));
      for (const { name } of biases) bias ||= (await readTensor(name)).some((value) => value !== 0);
    }
    if (position === 'sinusoidal') {
      const table = await fixedPositions(config);
      const found = await readTensor(positionTable);
      if (found.some((value, index) => Math.abs(value - table[index]!) > 1e-6)) position = 'learned';
    }
    return { ...config, bias, position };
  },
  fanInFanOut: true,
  opensInTransformers: ({ position }) => position !== 'rope',
};
