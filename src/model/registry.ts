// What follows from the list of families: names, settings as the schema of a run takes them, and the family of a model. Loads no
// tfjs.
import type { ModelConfig, ParameterSpec } from './config.js';
import { families } from './families.js';
import type { CacheShape, Family, ModelSettings } from './family.js';
import type { GptConfig } from './gpt-config.js';

export type FamilyName = keyof typeof families;

export const familyNames = Object.keys(families) as FamilyName[];

export const defaultFamily: FamilyName = 'gpt2';

export type { GptConfig };

type Union = (typeof families)[FamilyName]['settings'];
type Joined<U> = (U extends unknown ? (settings: U) => void : never) extends (settings: infer I) => void ? I : never;

/** The settings of all families. Those of one name are one setting. */
export const familySettings: Joined<Union> = Object.assign(
  {},
  ...Object.values(families).map(({ settings }) => settings),
);

/** @throws Error for an unknown family */
export function familyOf({ arch = defaultFamily }: ModelConfig): Family {
  if (!Object.hasOwn(families, arch)) throw new Error(`unknown model family "${arch}"`);
  return families[arch as FamilyName] as unknown as Family;
}

/** The family whose models bear this `model_type`. */
export function familyOfType(modelType: unknown): Family | undefined {
  const all = Object.values(families) as unknown as Family[];
  return all.find(({ huggingFace }) => huggingFace.modelTypes.includes(modelType as string));
}

/** The family whose models have this `general.architecture` in GGUF files. */
export function familyOfGguf(architecture: string | undefined): Family | undefined {
  const all = Object.values(families) as unknown as Family[];
  return all.find(({ gguf }) => gguf?.architecture === architecture);
}

/** Every trainable parameter of a model, in the order of use. */
export function parameterSpecs(config: ModelConfig): ParameterSpec[] {
  return familyOf(config).parameters(config);
}

/** A classifier's head. */
export function headSpec(config: ModelConfig, labels: number): ParameterSpec {
  return familyOf(config).head(config, labels);
}

/** What decoding keeps of each position and block. */
export function cacheShapeOf(config: ModelConfig): CacheShape {
  return familyOf(config).cache(config);
}

/** How many positions a block attends to, its own included; undefined: all of the text up to its own. */
export function windowOf(config: ModelConfig, block: number): number | undefined {
  return familyOf(config).window?.(config, block);
}

/** How many positions decoding keeps: the context, or less where every block has a window. */
export function reachOf(config: ModelConfig): number {
  const windows = Array.from({ length: config.nLayer }, (_, block) => windowOf(config, block) ?? config.blockSize);
  return Math.min(config.blockSize, Math.max(...windows));
}

/** What a person who begins a run with these settings should know. */
export function modelAdvice(settings: ModelSettings): string | undefined {
  return familyOf(settings as unknown as ModelConfig).advice?.(settings);
}

/** By which angles the positions of a model turn; undefined where they do not. */
export function rotaryOf(config: ModelConfig): readonly number[] | undefined {
  return familyOf(config).rotary(config);
}

/** From which length on a text must not be padded; undefined: from none. */
export function exactBeyond(config: ModelConfig): number | undefined {
  return familyOf(config).exactBeyond?.(config);
}

/**
 * The model that a run's settings ask for.
 * @param vocabSize rows of its token embedding
 * @throws GptError `config/...` for settings that do not fit each other
 */
export function configureModel(settings: ModelSettings, vocabSize: number): GptConfig {
  const { blockSize, nLayer, nHead, nEmbd, dropout } = settings;
  const family = familyOf(settings as unknown as ModelConfig);
  return family.configure({ vocabSize, blockSize, nLayer, nHead, nEmbd, dropout }, settings) as GptConfig;
}
