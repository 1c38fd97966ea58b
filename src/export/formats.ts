// The formats of `gpt-cli export` and their number formats, by the names of the flags.
import { GptError } from '../errors.js';

interface Format {
  readonly help: string;
  /** The first is the default. */
  readonly dtypes: readonly string[];
  /** Whether several may be asked for at once; the default is all of them. */
  readonly several: boolean;
}

export const formats = {
  gguf: {
    help: 'a file for llama.cpp, ollama, LM Studio',
    dtypes: ['f16', 'f32', 'bf16', 'q8_0', 'q4_0'],
    several: false,
  },
  onnx: { help: 'a folder for transformers.js and optimum', dtypes: ['f32', 'f16', 'q8', 'q4'], several: true },
  html: {
    help: 'a page that runs the model in a browser, without a network',
    dtypes: ['f32', 'f16', 'q8', 'q4'],
    several: false,
  },
  hf: { help: 'a folder for transformers; adapters are merged', dtypes: ['f16', 'bf16', 'f32'], several: false },
} as const satisfies Readonly<Record<string, Format>>;

export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];

/** transformers.js' names of number formats. */
const synonyms: Readonly<Record<string, string>> = { fp32: 'f32', fp16: 'f16' };

/**
 * @param asked as typed: one name or several with commas; undefined for the default
 * @throws GptError `export/dtype`
 */
export function dtypesOf<Name extends FormatName>(
  name: Name,
  asked: string | undefined,
): (typeof formats)[Name]['dtypes'][number][] {
  const { dtypes, several }: Format = formats[name];
  if (asked === undefined) return (several ? [...dtypes] : [dtypes[0]!]) as never;
  const names = asked
    .toLowerCase()
    .split(',')
    .map((each) => synonyms[each.trim()] ?? each.trim());
  const unknown = names.find((each) => !dtypes.includes(each));
  const hint = `${name} takes ${dtypes.join(', ')}`;
  if (unknown !== undefined) throw new GptError('export/dtype', `--dtype is "${unknown}"`, { hint });
  if (names.length > 1 && !several)
    throw new GptError('export/dtype', `${name} is one file: it takes one --dtype, not ${asked}`, { hint });
  return [...new Set(names)] as never;
}
