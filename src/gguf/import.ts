// A GGUF file as a checkpoint folder: weights dequantized to float32, tokenizer and chat template from its metadata.
import { requireReplaceable } from '../checkpoint/replaceable.js';
import { saveCheckpoint } from '../checkpoint/save.js';
import { GptError } from '../errors.js';
import { ConfigReader } from '../model/hugging-face.js';
import { familyNames, familyOf, familyOfGguf, type GptConfig, parameterSpecs } from '../model/registry.js';
import { parseTokenizer } from '../tokenizer/parse.js';
import { fromFile, storedShape } from './layout.js';
import type { Metadata } from './metadata.js';
import { GgufFile } from './read.js';
import { readTokenizer } from './tokenizer.js';

export interface ImportOptions {
  /** The checkpoint folder to write. */
  readonly out: string;
  /** Replace the folder if it is there. Default: that is an error. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

export interface Imported {
  readonly config: GptConfig;
  /** Of the weights in the file, by number format. */
  readonly formats: Readonly<Record<string, number>>;
  /** Whether the file brings a chat template. */
  readonly chat: boolean;
}

/** Tensors that are no parameters but follow from the configuration. */
const derived = /^(rope_freqs\.weight|rope_factors_.+)$/;

/**
 * Writes the model of a GGUF file as a checkpoint folder.
 * @throws GptError `gguf/...` for a file that is broken or holds what this program does not compute
 */
export async function importGguf(path: string, options: ImportOptions): Promise<Imported> {
  await requireReplaceable(options, 'import');
  const file = await GgufFile.open(path);
  try {
    return await importFile(file, options);
  } finally {
    await file.close();
  }
}

async function importFile(file: GgufFile, { out, signal }: ImportOptions): Promise<Imported> {
  const { metadata, tensors } = file;
  const family = familyFor(metadata);
  const gguf = family.gguf!;
  const { tie } = family.huggingFace;
  const [embedding, output] = [gguf.tensorName(tie.embedding), gguf.tensorName(tie.output)];
  const table = tensors.get(embedding);
  if (!table) throw new GptError('gguf/tensor', `${file.path} has no tensor "${embedding}"`);
  const config = gguf.read(metadata, { vocabSize: table.shape[0]!, tied: !tensors.has(output) }) as GptConfig;
  requireOpenable(config, file.path);
  const specs = parameterSpecs(config);
  const wanted = new Map(specs.map((spec) => [gguf.tensorName(spec.name), spec]));
  for (const [name, spec] of wanted) {
    const expected = storedShape(spec.shape, gguf.layout(config, spec)).join(', ');
    const found = tensors.get(name)?.shape.join(', ');
    if (found !== expected) {
      const what = found === undefined ? `has no tensor "${name}"` : `has "${name}" as [${found}]`;
      throw new GptError('gguf/tensor', `${file.path} ${what}, expected [${expected}]`);
    }
  }
  const stranger = [...tensors.keys()].find((name) => !wanted.has(name));
  if (stranger !== undefined) {
    const what = derived.test(stranger) ? 'rotary frequencies of its own' : 'which no model of its family has';
    throw new GptError('gguf/tensor', `${file.path} has "${stranger}", ${what}: it cannot be computed`);
  }

  const { json, endOfText, beginOfText, chatTemplate } = readTokenizer(metadata);
  const tokenizer = parseTokenizer(json, file.path, { endOfText });
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  await saveCheckpoint(out, {
    config,
    tokenizer,
    state: {
      specs,
      training: false,
      read: async (_, name) => {
        if (signal?.aborted) throw new GptError('import/interrupted', `interrupted: ${out} was not written`);
        const spec = byName.get(name)!;
        const values = await file.read(gguf.tensorName(name));
        return fromFile(values, spec.shape, gguf.layout(config, spec));
      },
    },
    tokenizerKeys: {
      ...(beginOfText !== undefined && { bos_token: beginOfText }),
      ...(chatTemplate !== undefined && { chat_template: chatTemplate }),
    },
  });
  const formats: Record<string, number> = {};
  for (const { format } of tensors.values()) formats[format.name] = (formats[format.name] ?? 0) + 1;
  return { config, formats, chat: chatTemplate !== undefined };
}

/** What a checkpoint cannot be opened with is refused before anything is written. */
function requireOpenable(config: GptConfig, path: string): void {
  const { huggingFace } = familyOf(config);
  try {
    huggingFace.read(new ConfigReader(huggingFace.write(config), path));
  } catch (error) {
    throw error instanceof GptError ? new GptError('gguf/metadata', error.message, { cause: error }) : error;
  }
}

function familyFor(metadata: Metadata) {
  const architecture = metadata.string('general.architecture');
  const family = familyOfGguf(architecture);
  if (family) return family;
  throw metadata.error(
    `its architecture is ${architecture === undefined ? 'missing' : `"${architecture}"`}`,
    `these can be imported: ${familyNames.filter((name) => familyOf({ arch: name } as GptConfig).gguf).join(', ')}`,
  );
}
