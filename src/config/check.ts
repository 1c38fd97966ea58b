// What no single setting can tell: whether settings fit each other. Every message says what would fit.
import { GptError } from '../errors.js';
import { families } from '../model/families.js';
import { configureModel, familySettings } from '../model/registry.js';
import { optimizers } from '../optimizer/registry.js';
import { defaultOf, type FinetuneConfig, flagName, type PretrainConfig, type TrainingConfig } from './schema.js';

/** Where a value came from: a flag, a file, a preset, `default`, or `derived` from other values. */
export type Sources = Readonly<Record<string, string>>;

/** Whether a person set it. */
export const isGiven = (source: string | undefined) => source !== 'default' && source !== 'derived';

/** Float32 weights above this are a slip of the finger, not a plan: 80 GB, four times that in training. */
const MOST_PARAMETERS = 20e9;

/** About how many weights a model has: blocks, embeddings and norms. */
export function approximateParameters({ nLayer, nEmbd, vocabSize, blockSize }: TrainingConfig): number {
  return nLayer * 12 * nEmbd * nEmbd + (vocabSize + blockSize) * nEmbd;
}

function checkSize(config: TrainingConfig): void {
  const parameters = approximateParameters(config);
  if (parameters <= MOST_PARAMETERS) return;
  const { nLayer, nEmbd, vocabSize, blockSize } = config;
  const size = `n-layer ${nLayer}, n-embd ${nEmbd}, vocab-size ${vocabSize}, block-size ${blockSize}`;
  throw new GptError(
    'config/size',
    `${size} make about ${Math.round(parameters / 1e9).toLocaleString('en')} billion parameters`,
    { hint: `at most ${MOST_PARAMETERS / 1e9} billion are allowed; GPT-2 XL has 1.5` },
  );
}

function checkLearningRate(config: TrainingConfig, sources: Sources): void {
  const { learningRate, minLr, warmupIters, maxIters } = config;
  if (minLr !== null && minLr > learningRate) {
    throw new GptError('config/min-lr', `min-lr (${minLr}) is above learning-rate (${learningRate})`, {
      hint: `try --min-lr ${Number((learningRate / 10).toPrecision(3))}`,
    });
  }
  if (isGiven(sources['warmupIters']) && warmupIters !== null && maxIters !== null && warmupIters > maxIters) {
    throw new GptError('config/warmup', `warmup-iters (${warmupIters}) is above max-iters (${maxIters})`, {
      hint: `try --warmup-iters ${Math.floor(maxIters / 10)}`,
    });
  }
}

function checkDecay({ lrSchedule, decayFraction }: TrainingConfig, sources: Sources): void {
  if (lrSchedule === 'wsd' || sources['decayFraction'] !== 'flag') return;
  throw new GptError('config/unused', `decay-fraction (${decayFraction}) has no effect: lr-schedule is ${lrSchedule}`, {
    hint: 'leave it out, or choose --lr-schedule wsd',
  });
}

/** What can be chosen by a flag, each with settings of its own. */
interface Choices {
  /** `--optimizer` */
  readonly flag: string;
  /** the optimizer */
  readonly noun: string;
  readonly settings: Readonly<Record<string, { readonly settings: object }>>;
}

/** A flag of another optimizer or model family is refused, not ignored: a person who gave it expects something of it. */
function checkUnused({ flag, noun, settings }: Choices, chosen: string, sources: Sources): void {
  const has = (name: string, key: string) => Object.hasOwn(settings[name]!.settings, key);
  const all = Object.values(settings).flatMap((each) => Object.keys(each.settings));
  const unused = all.find((key) => sources[key] === 'flag' && !has(chosen, key));
  if (unused === undefined) return;
  const owners = Object.keys(settings).filter((name) => has(name, unused));
  throw new GptError('config/unused', `--${flagName(unused)} has no effect: the ${noun} is ${chosen}`, {
    hint: `leave it out, or choose ${flag} ${owners.join(' or ')}`,
  });
}

function checkTokenizer({ tokenizer, vocabSize }: TrainingConfig, sources: Sources): void {
  if (
    tokenizer !== 'bpe' &&
    sources['vocabSize'] === sources['tokenizer'] &&
    vocabSize !== defaultOf('pretrain', 'vocabSize')
  ) {
    throw new GptError('config/vocab', `vocab-size (${vocabSize}) is for --tokenizer bpe, not ${tokenizer}`, {
      hint: 'leave vocab-size out',
    });
  }
}

function checkValidation({ validation, valSplit }: Partial<PretrainConfig>, sources: Sources): void {
  if (!validation || sources['valSplit'] !== 'flag') return;
  throw new GptError('config/unused', `val-split (${valSplit}) has no effect: ${validation} is the validation text`, {
    hint: 'omit --val-split or --validation',
  });
}

/** What a checkpoint brings along cannot be asked for again. */
function checkShape(config: TrainingConfig & Partial<PretrainConfig & FinetuneConfig>, sources: Sources): void {
  const start = config.init ?? config.from;
  if (!start) return;
  const flag = config.init ? '--init' : '--from';
  const own = Object.keys(familySettings);
  const values = config as unknown as Readonly<Record<string, unknown>>;
  for (const key of ['arch', 'nLayer', 'nHead', 'nEmbd', 'blockSize', ...own, 'tokenizer', 'vocabSize']) {
    if (sources[key] === 'flag') {
      throw new GptError('config/shape', `${flagName(key)} (${values[key]}) comes from ${flag} ${start}`, {
        hint: `omit --${flagName(key)}, or train from scratch without ${flag}`,
      });
    }
  }
}

function checkFinetuning({ freeze, loraRank, loraAlpha, from }: FinetuneConfig): void {
  const alone = from === null && (freeze > 0 ? 'freeze' : loraRank > 0 ? 'lora-rank' : undefined);
  if (alone) {
    throw new GptError(`config/${alone}`, `${alone} (${freeze || loraRank}) without --from would keep random weights`, {
      hint: `name a checkpoint with --from, or omit --${alone}`,
    });
  }
  if (loraRank === 0 && loraAlpha !== null) {
    throw new GptError('config/lora-alpha', `lora-alpha (${loraAlpha}) has no effect without lora-rank`, {
      hint: 'try --lora-rank 8',
    });
  }
}

/**
 * Checks a training configuration as a whole.
 * @param open the model is yet to be chosen
 * @throws GptError config/shape, heads, rope, size, min-lr, warmup, unused, vocab, freeze, lora-rank or lora-alpha
 */
export function checkTraining(config: PretrainConfig | FinetuneConfig, sources: Sources, open = false): void {
  checkShape(config, sources);
  checkSize(config);
  checkLearningRate(config, sources);
  checkDecay(config, sources);
  checkUnused({ flag: '--optimizer', noun: 'optimizer', settings: optimizers }, config.optimizer, sources);
  checkUnused({ flag: '--arch', noun: 'model family', settings: families }, config.arch, sources);
  if (!open) configureModel(config, config.vocabSize); // checks what the family asks of its settings
  checkTokenizer(config, sources);
  checkValidation(config, sources);
  if ('from' in config) checkFinetuning(config);
}
