// GptConfig as Hugging Face's config.json and back. What GPT-2's format has no word for is marked under `gpt_cli`.
import { GptError } from '../errors.js';
import type { GptConfig, PositionKind } from '../model/config.js';

/** The model_type of checkpoints that GPT-2's format cannot hold: rotary positions. */
export const ropeModelType = 'gpt-cli-rope';

/** What the tokenizer adds to a model's config.json. */
export interface TokenFacts {
  /** null where the model has no row for it. */
  readonly endOfText: number | null;
}

/** What a classifier adds to a model's config.json. */
export interface LabelFacts {
  readonly labels: readonly string[];
  readonly padToken: number;
}

/**
 * The content of config.json. A model without biases is written as one with zero biases, a sinusoidal one as one with a
 * fixed `wpe`, so that transformers computes the same; the marker tells us to leave them out again.
 */
export function toHuggingFace(config: GptConfig, tokens: TokenFacts, classifier?: LabelFacts): Record<string, unknown> {
  const rope = config.position === 'rope';
  const architecture = classifier ? 'SequenceClassification' : 'LMHeadModel';
  return {
    architectures: [
      `${rope ? 'GptCliRope' : 'GPT2'}${architecture === 'LMHeadModel' ? architecture : `For${architecture}`}`,
    ],
    model_type: rope ? ropeModelType : 'gpt2',
    vocab_size: config.vocabSize,
    n_positions: config.blockSize,
    n_ctx: config.blockSize,
    n_embd: config.nEmbd,
    n_layer: config.nLayer,
    n_head: config.nHead,
    n_inner: null,
    activation_function: 'gelu_new',
    resid_pdrop: config.dropout,
    embd_pdrop: config.dropout,
    attn_pdrop: config.dropout,
    layer_norm_epsilon: config.layerNormEpsilon,
    initializer_range: 0.02,
    bos_token_id: tokens.endOfText,
    eos_token_id: tokens.endOfText,
    tie_word_embeddings: true,
    use_cache: true,
    torch_dtype: 'float32',
    ...(classifier ? classifierKeys(classifier) : {}),
    gpt_cli: { version: 1, position: config.position, bias: config.bias },
  };
}

function classifierKeys({ labels, padToken }: LabelFacts) {
  return {
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    pad_token_id: padToken,
    // One label: a score for a choice, which transformers has no type of problem for.
    ...(labels.length > 1 && { problem_type: 'single_label_classification' }),
  };
}

/** What config.json says, before the tensors are looked at. */
export interface HuggingFaceModel {
  /**
   * As the model computes if nothing changed its tensors since we wrote them: a marker `bias: false` or
   * `position: 'sinusoidal'` is to be checked against the tensors, which another program may have trained on.
   */
  readonly config: GptConfig;
  /** Names of the classes by id, where there are any. */
  readonly labels: readonly string[] | undefined;
  readonly padToken: number | undefined;
  readonly endOfText: number | undefined;
  /** Whether the output projection is the token embedding. */
  readonly tied: boolean;
}

/** What sizes may be: beyond what any model has, and little enough to be worked with before a tensor is looked at. */
const largest: Readonly<Record<string, number>> = {
  n_layer: 4096,
  n_head: 4096,
  n_embd: 1 << 17,
  n_positions: 1 << 24,
  vocab_size: 1 << 24,
};

/**
 * Reads any GPT-2's config.json.
 * @param source its path, for messages
 * @throws GptError `checkpoint/config`, naming the key, for what this program does not compute
 */
export function fromHuggingFace(json: unknown, source = 'config.json'): HuggingFaceModel {
  const wrong = (what: string, hint?: string) =>
    new GptError('checkpoint/config', `${source}: ${what}`, hint === undefined ? {} : { hint });
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrong('is no JSON object');
  const keys = json as Record<string, unknown>;
  const size = (key: string, fallback?: string): number => {
    const value = keys[key] ?? (fallback === undefined ? undefined : keys[fallback]);
    const most = largest[key]!;
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most) {
      throw wrong(`${key} is ${JSON.stringify(value) ?? 'missing'}, expected an integer from 1 to ${most}`);
    }
    return value as number;
  };
  const number = (key: string, standard: number): number => {
    const value = keys[key] ?? standard;
    if (typeof value !== 'number' || !(value >= 0 && value <= 1))
      throw wrong(`${key} is ${JSON.stringify(value)}, expected a number from 0 to 1`);
    return value;
  };

  const modelType = keys['model_type'];
  if (modelType !== 'gpt2' && modelType !== ropeModelType) {
    throw wrong(
      `model_type is ${JSON.stringify(modelType) ?? 'missing'}`,
      'GPT-2\'s architecture (model_type "gpt2") can be opened',
    );
  }
  const marker = readMarker(keys['gpt_cli'], wrong);
  if ((marker.position === 'rope') !== (modelType === ropeModelType)) {
    throw wrong(
      `gpt_cli.position is ${JSON.stringify(marker.position)} in a model of type ${JSON.stringify(modelType)}`,
    );
  }

  const nEmbd = size('n_embd');
  const nHead = size('n_head');
  if (nEmbd % nHead !== 0) throw wrong(`n_embd (${nEmbd}) is not divisible by n_head (${nHead})`);
  requireSameMath(keys, nEmbd, wrong);

  const labels = readLabels(keys, wrong);
  const id = (key: string) => (Number.isSafeInteger(keys[key]) ? (keys[key] as number) : undefined);
  return {
    config: {
      vocabSize: size('vocab_size'),
      blockSize: size('n_positions', 'n_ctx'),
      nLayer: size('n_layer'),
      nHead,
      nEmbd,
      dropout: number('resid_pdrop', 0.1),
      bias: marker.bias,
      position: marker.position,
      layerNormEpsilon: number('layer_norm_epsilon', 1e-5),
    },
    labels,
    padToken: id('pad_token_id'),
    endOfText: id('eos_token_id') ?? id('bos_token_id'),
    tied: keys['tie_word_embeddings'] !== false,
  };
}

type Wrong = (what: string, hint?: string) => GptError;

function readMarker(marker: unknown, wrong: Wrong): { position: PositionKind; bias: boolean } {
  if (marker === undefined || marker === null) return { position: 'learned', bias: true };
  const { version, position, bias } = marker as Record<string, unknown>;
  if (version !== 1) {
    throw wrong(
      `gpt_cli.version is ${JSON.stringify(version) ?? 'missing'}, this program knows version 1`,
      'update gpt-cli',
    );
  }
  if (position !== 'learned' && position !== 'sinusoidal' && position !== 'rope') {
    throw wrong(`gpt_cli.position is ${JSON.stringify(position) ?? 'missing'}`);
  }
  if (typeof bias !== 'boolean') throw wrong(`gpt_cli.bias is ${JSON.stringify(bias) ?? 'missing'}`);
  return { position, bias };
}

/** Options of transformers' GPT-2 that change what it computes. */
function requireSameMath(keys: Record<string, unknown>, nEmbd: number, wrong: Wrong): void {
  const only = (key: string, accepted: readonly unknown[]) => {
    const value = keys[key] ?? accepted[0];
    if (!accepted.includes(value)) {
      throw wrong(
        `${key} is ${JSON.stringify(value)}; only ${accepted.map((v) => JSON.stringify(v)).join(' and ')} can be computed`,
      );
    }
  };
  only('activation_function', ['gelu_new', 'gelu_pytorch_tanh']);
  only('n_inner', [null, 4 * nEmbd]);
  only('scale_attn_weights', [true]);
  only('scale_attn_by_inverse_layer_idx', [false]);
  only('add_cross_attention', [false]);
}

const mostLabels = 1_000_000;

function readLabels(keys: Record<string, unknown>, wrong: Wrong): string[] | undefined {
  const architectures = keys['architectures'];
  const classifier =
    Array.isArray(architectures) && architectures.some((name) => /ForSequenceClassification$/.test(name));
  const table = keys['id2label'];
  if (!classifier) return undefined;
  // transformers leaves out id2label when its two labels have the names that it gives by itself.
  if (typeof table !== 'object' || table === null) {
    const count = keys['num_labels'] ?? 2;
    if (!Number.isSafeInteger(count) || (count as number) < 1 || (count as number) > mostLabels)
      throw wrong(`num_labels is ${JSON.stringify(count)}, expected an integer from 1 to ${mostLabels}`);
    return Array.from({ length: count as number }, (_, id) => `LABEL_${id}`);
  }
  return Object.entries(table)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => String(label));
}
