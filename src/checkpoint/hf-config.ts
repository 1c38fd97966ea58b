// config.json of a Hugging Face folder: what a family says about its model, and what all families write alike (labels, tokens).

import { GptError } from '../errors.js';
import type { ModelConfig } from '../model/config.js';
import { ConfigReader } from '../model/hugging-face.js';
import { familyNames, familyOf, familyOfType, type GptConfig } from '../model/registry.js';

/** What the tokenizer adds to a model's config.json. */
export interface TokenFacts {
  /** null where the model has no row for it. */
  readonly endOfText: number | null;
  /** torch's name of the weights' number format. Absent: float32. */
  readonly dtype?: string;
}

/** What a classifier adds to a model's config.json. */
export interface LabelFacts {
  readonly labels: readonly string[];
  readonly padToken: number;
}

/** The content of config.json. */
export function toHuggingFace(
  config: ModelConfig,
  tokens: TokenFacts,
  classifier?: LabelFacts,
): Record<string, unknown> {
  const { huggingFace } = familyOf(config);
  return {
    architectures: [huggingFace.architecture(config, classifier ? 'classification' : 'generation')],
    ...huggingFace.write(config),
    bos_token_id: tokens.endOfText,
    eos_token_id: tokens.endOfText,
    use_cache: true,
    torch_dtype: tokens.dtype ?? 'float32',
    ...(classifier ? classifierKeys(classifier) : {}),
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
  /** As the model computes if nothing changed its tensors since it was written; see `HuggingFaceFormat.settle`. */
  readonly config: GptConfig;
  /** Names of the classes by id, where there are any. */
  readonly labels: readonly string[] | undefined;
  readonly padToken: number | undefined;
  readonly endOfText: number | undefined;
  /** Whether the output projection is the token embedding. */
  readonly tied: boolean;
}

/**
 * Reads the config.json of any family.
 * @param source its path, for messages
 * @throws GptError `checkpoint/config`, naming the key, for what this program does not compute
 */
export function fromHuggingFace(json: unknown, source = 'config.json'): HuggingFaceModel {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new GptError('checkpoint/config', `${source}: is not a JSON object`);
  const keys = json as Record<string, unknown>;
  const reader = new ConfigReader(keys, source);
  const family = familyOfType(keys['model_type']);
  if (!family) {
    const found = JSON.stringify(keys['model_type']) ?? 'missing';
    throw reader.wrong(`model_type is ${found}`, `models of these families can be opened: ${familyNames.join(', ')}`);
  }
  const config = family.huggingFace.read(reader) as GptConfig;
  const id = (key: string) => (Number.isSafeInteger(keys[key]) ? (keys[key] as number) : undefined);
  return {
    config,
    labels: readLabels(reader),
    padToken: id('pad_token_id'),
    endOfText: id('eos_token_id') ?? id('bos_token_id'),
    tied: config.tie !== false,
  };
}

const mostLabels = 1_000_000;

function readLabels(json: ConfigReader): string[] | undefined {
  const architectures = json.value('architectures');
  const classifier =
    Array.isArray(architectures) && architectures.some((name) => /ForSequenceClassification$/.test(name));
  if (!classifier) return undefined;
  const table = json.value('id2label');
  // transformers does not write id2label when its two labels have the names that it gives by itself.
  if (typeof table !== 'object') {
    const count = json.size('num_labels', mostLabels, 2);
    return Array.from({ length: count }, (_, id) => `LABEL_${id}`);
  }
  return Object.entries(table as object)
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, label]) => String(label));
}
