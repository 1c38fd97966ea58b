// The sampling filters, in the order in which they are applied, which is that of transformers' `generate`. Adding one is a file
// beside this one and a line here: its flag, config key, default and check follow from its setting.
import type { SamplingFilter } from './filter.js';
import { minP, minPSetting } from './min-p.js';
import { noRepeatNgram, noRepeatNgramSetting } from './no-repeat-ngram.js';
import { repetitionPenalty, repetitionPenaltySetting } from './repetition-penalty.js';
import { temperature, temperatureSetting } from './temperature.js';
import { topK, topKSetting } from './top-k.js';
import { topP, topPSetting } from './top-p.js';

export const samplingFilters = {
  repetitionPenalty: { setting: repetitionPenaltySetting, filter: repetitionPenalty, always: true },
  noRepeatNgram: { setting: noRepeatNgramSetting, filter: noRepeatNgram, always: true },
  temperature: { setting: temperatureSetting, filter: temperature },
  topK: { setting: topKSetting, filter: topK },
  topP: { setting: topPSetting, filter: topP },
  minP: { setting: minPSetting, filter: minP },
} as const satisfies Readonly<Record<string, SamplingFilter>>;

export type FilterName = keyof typeof samplingFilters;

/** A value for every filter. */
export type FilterValues = { readonly [Name in FilterName]: number };

/** The settings of the filters, by config key. */
export const filterSettings = Object.fromEntries(
  Object.entries(samplingFilters).map(([name, { setting }]) => [name, setting]),
) as { readonly [Name in FilterName]: (typeof samplingFilters)[Name]['setting'] };

export { bias } from './bias.js';
export { type Filter, limit, type Place, type SamplingFilter, softmax, without } from './filter.js';
export { minP, noRepeatNgram, repetitionPenalty, temperature, topK, topP };
