// Matches the tensors of a file with the parameters that a config describes: names, shapes, tied or not, and whether
// what was constant when it was written (biases, a fixed position table) still is.
import { GptError } from '../errors.js';
import type { ParameterSpec } from '../model/config.js';
import { familyOf, type GptConfig, headSpec } from '../model/registry.js';
import type { HuggingFaceModel } from './hf-config.js';
import type { TensorFiles } from './safetensors/index.js';

export interface MatchedTensors {
  readonly config: GptConfig;
  readonly specs: readonly ParameterSpec[];
  /** The name in the file of each parameter. */
  readonly stored: ReadonlyMap<string, string>;
  readonly ignored: readonly string[];
}

/** @throws GptError `checkpoint/tensor`, naming the tensor, what was expected and what is there */
export async function matchTensors(files: TensorFiles, model: HuggingFaceModel): Promise<MatchedTensors> {
  const family = familyOf(model.config);
  const { huggingFace } = family;
  const stored = new Map<string, string>();
  for (const name of files.entries.keys()) {
    const parameter = huggingFace.parameterName(withoutWrappers(name));
    if (parameter === undefined) continue;
    const twin = stored.get(parameter);
    if (twin !== undefined) throw wrong(`model.safetensors has both "${twin}" and "${name}"`);
    stored.set(parameter, name);
  }

  const { output } = huggingFace.tie;
  const untied = model.config.tie === false && (model.labels === undefined || stored.has(output));
  // A classifier that transformers wrote has no output projection; it needs none.
  const described = (untied || model.config.tie !== false ? model.config : { ...model.config, tie: true }) as GptConfig;
  const full = huggingFace.stored(described);
  for (const { name, shape } of full) requireTensor(files, stored, name, shape);
  if (described.tie !== false) await requireTied(files, stored, described);

  const config = (await huggingFace.settle(described, (name) => files.read(stored.get(name)!))) as GptConfig;
  const specs = family.parameters(config);
  if (model.labels !== undefined) {
    const head = headSpec(config, model.labels.length);
    requireTensor(files, stored, head.name, head.shape);
    specs.push(head);
  }
  const known = new Set([...full.map(({ name }) => name), ...specs.map(({ name }) => name), output]);
  const ignored = [...stored.keys()].filter((name) => !known.has(name));
  const stranger = ignored.find((name) => inSameModule(name, full));
  if (stranger !== undefined) throw wrong(`model.safetensors has "${stranger}", which config.json does not describe`);
  return { config, specs, stored, ignored };
}

/** The name without what torch.compile (`_orig_mod.`) and DistributedDataParallel (`module.`) put before names. */
function withoutWrappers(stored: string): string {
  return stored.replaceAll('_orig_mod.', '').replace(/^(module\.)+/, '');
}

/** Whether a tensor would be part of the model's body: it lies in a module that has parameters of the model. */
function inSameModule(name: string, specs: readonly ParameterSpec[]): boolean {
  const module = name.split('.')[0];
  return specs.some((spec) => spec.name.split('.')[0] === module);
}

function requireTensor(
  files: TensorFiles,
  stored: ReadonlyMap<string, string>,
  name: string,
  shape: readonly number[],
): void {
  const tensor = stored.get(name);
  const expected = `[${shape.join(', ')}]`;
  if (tensor === undefined) throw wrong(`model.safetensors has no "${name}"; config.json describes it as ${expected}`);
  const found = files.entries.get(tensor)!.shape;
  if (found.join() !== shape.join()) {
    throw wrong(`"${tensor}" is [${found.join(', ')}]; config.json describes it as ${expected}`);
  }
}

/** Of a tied model: the output projection must be absent or the token embedding itself. */
async function requireTied(files: TensorFiles, stored: ReadonlyMap<string, string>, config: GptConfig): Promise<void> {
  const { output: outputName, embedding } = familyOf(config).huggingFace.tie;
  if (!stored.has(outputName)) return;
  const { vocabSize, nEmbd } = config;
  requireTensor(files, stored, outputName, [vocabSize, nEmbd]);
  const output = await files.read(stored.get(outputName)!);
  const input = await files.read(stored.get(embedding)!);
  const at = output.findIndex((value, index) => !Object.is(value, input[index]));
  if (at < 0) return;
  throw new GptError(
    'checkpoint/untied',
    `config.json says that the output projection (${outputName}) is the token embedding, but they differ at row ${Math.floor(at / nEmbd)}`,
    { hint: 'if the projection has weights of its own, set tie_word_embeddings to false in config.json' },
  );
}

function wrong(what: string): GptError {
  return new GptError('checkpoint/tensor', what, { hint: 'config.json and model.safetensors do not belong together' });
}
