// README.md of a checkpoint: what the model is and how to open it. Plain facts, no date, so that the same run writes
// the same bytes.
import { scoresChoices } from '../model/choice-labels.js';
import { countParameters } from '../model/config.js';
import { familyOf, type GptConfig, parameterSpecs } from '../model/registry.js';
import { blockSize, type Scheme } from '../quantization/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { TrainingState } from '../train/index.js';

export interface CardFacts {
  readonly config: GptConfig;
  readonly tokenizer: Pick<Tokenizer, 'kind' | 'vocabSize'>;
  readonly training?: TrainingState | undefined;
  readonly labels?: readonly string[] | undefined;
  /** How matrices are stored, where not in float32. */
  readonly scheme?: Scheme | undefined;
  /** To what weights were rounded before adapters were trained on them. */
  readonly rounded?: Scheme | undefined;
}

export function modelCard({ config, tokenizer, training, labels, scheme, rounded }: CardFacts): string {
  const rows = [
    ['parameters', countParameters(parameterSpecs(config)).toLocaleString('en-US')],
    ['layers, heads, width', `${config.nLayer}, ${config.nHead}, ${config.nEmbd}`],
    ['context', `${config.blockSize} tokens`],
    ...ownRows(config),
    ['tokenizer', `${tokenizer.kind}, ${tokenizer.vocabSize} entries`],
    ...(scheme ? [['weights', `${scheme}, in blocks of ${blockSize}`]] : []),
    ...(rounded
      ? [['weights', `rounded to ${rounded}, in blocks of ${blockSize}; adapters are merged into these`]]
      : []),
    ...(labels ? [['labels', labels.join(', ')]] : []),
    ...(training ? trainingRows(training) : []),
  ];
  const table = ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join('\n');
  return `---
library_name: ${scheme ? 'gpt-cli' : 'transformers'}
pipeline_tag: ${labels ? 'text-classification' : 'text-generation'}
tags:
- ${familyOf(config).name}
- gpt-cli
---
# A GPT trained with gpt-cli

${table}

${openWith(config, labels !== undefined, scheme)}${choiceNote(labels)}${rowsNote(config, tokenizer)}`;
}

/** The settings of the model's family, by name. */
function ownRows(config: GptConfig): string[][] {
  const shared = ['vocabSize', 'blockSize', 'nLayer', 'nHead', 'nEmbd', 'dropout'];
  return Object.entries(config)
    .filter(([key]) => !shared.includes(key))
    .map(([key, value]) => [key, String(value)]);
}

function trainingRows({ iter, tokens, evaluation }: TrainingState): string[][] {
  const { trainLoss, valLoss, accuracy } = evaluation ?? {};
  const number = (value: number) => value.toFixed(4);
  return [
    ['steps', String(iter)],
    ['tokens seen', tokens.toLocaleString('en-US')],
    ...(trainLoss === undefined ? [] : [['training loss', `${number(trainLoss)} nats per token`]]),
    ...(valLoss === undefined ? [] : [['validation loss', `${number(valLoss)} nats per token`]]),
    ...(accuracy === undefined ? [] : [['accuracy', number(accuracy)]]),
  ];
}

function openWith(config: GptConfig, classifier: boolean, scheme: Scheme | undefined): string {
  const here = `\`\`\`sh\ngpt-cli ${classifier ? 'classify' : 'sample'} .\n\`\`\`\n`;
  if (scheme) return `${here}\nIts weights are in a format of gpt-cli's own, which transformers does not open.\n`;
  if (!familyOf(config).huggingFace.opensInTransformers(config))
    return `${here}\nIt is outside the formats of transformers, which does not open it.\n`;
  const model = classifier ? 'AutoModelForSequenceClassification' : 'AutoModelForCausalLM';
  return `${here}
\`\`\`python
from transformers import ${model}, AutoTokenizer
model = ${model}.from_pretrained(".")
tokenizer = AutoTokenizer.from_pretrained(".")
\`\`\`
`;
}

function choiceNote(labels: CardFacts['labels']): string {
  if (!scoresChoices(labels)) return '';
  return `
The one logit is the score of a choice. Give the tokenizer a question and a choice as a pair, for every choice of the
question; the softmax over their scores says which is right.
`;
}

/** transformers would look up a row that is not there. */
function rowsNote({ vocabSize }: GptConfig, tokenizer: CardFacts['tokenizer']): string {
  if (tokenizer.vocabSize <= vocabSize) return '';
  return `
The tokenizer gives characters that did not occur in training as bytes, with ids from ${vocabSize} on. The model has no
rows for them: leave them out of a prompt in transformers, as gpt-cli does.
`;
}
