// Matches the tensors of a file with the parameters that a config describes: names, shapes, tied or not, and whether
// what we once left out (biases, a fixed position table) is still what we wrote.
import { GptError } from '../errors.js';
import { type GptConfig, type ParameterSpec, parameterSpecs } from '../model/config.js';
import { fixedPositions } from './fixed-positions.js';
import type { HuggingFaceModel } from './hf-config.js';
import { classifierHead, outputProjection, parameterName } from './names.js';
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
  const stored = new Map<string, string>();
  for (const name of files.entries.keys()) {
    const parameter = parameterName(name);
    if (parameter === undefined) continue;
    const twin = stored.get(parameter);
    if (twin !== undefined) throw wrong(`model.safetensors has both "${twin}" and "${name}"`);
    stored.set(parameter, name);
  }

  const full = parameterSpecs({
    ...model.config,
    bias: true,
    position: model.config.position === 'rope' ? 'rope' : 'learned',
  });
  for (const { name, shape } of full) requireTensor(files, stored, name, shape);
  await requireTied(files, stored, model);

  const config = await asStored(files, stored, model.config);
  const specs: ParameterSpec[] = parameterSpecs(config);
  if (model.labels !== undefined) {
    const shape = [model.labels.length, config.nEmbd];
    requireTensor(files, stored, classifierHead, shape);
    specs.push({ name: classifierHead, shape, decay: true, init: { kind: 'normal', deviation: 0.02 } });
  }
  const known = new Set([...full.map(({ name }) => name), ...specs.map(({ name }) => name), outputProjection]);
  const ignored = [...stored.keys()].filter((name) => !known.has(name));
  const block = ignored.find((name) => /^(h\.\d+|wte|wpe|ln_f)\./.test(name));
  if (block !== undefined) throw wrong(`model.safetensors has "${block}", which config.json does not describe`);
  return { config, specs, stored, ignored };
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

/** The output projection must be absent or the token embedding itself. */
async function requireTied(
  files: TensorFiles,
  stored: ReadonlyMap<string, string>,
  { tied, config }: HuggingFaceModel,
): Promise<void> {
  const untied = (why: string) =>
    new GptError(
      'checkpoint/untied',
      `the output projection (${outputProjection}) is not the token embedding: ${why}`,
      {
        hint: 'models with tied embeddings, as GPT-2 has them, can be opened',
      },
    );
  if (!stored.has(outputProjection)) {
    if (!tied) throw untied('tie_word_embeddings is false and the tensor is missing');
    return;
  }
  requireTensor(files, stored, outputProjection, [config.vocabSize, config.nEmbd]);
  const output = await files.read(stored.get(outputProjection)!);
  const input = await files.read(stored.get('wte.weight')!);
  const at = output.findIndex((value, index) => !Object.is(value, input[index]));
  if (at >= 0) throw untied(`they differ at row ${Math.floor(at / config.nEmbd)}`);
}

/** A marker holds only while the tensors are what we wrote; trained on elsewhere, they are ordinary parameters. */
async function asStored(
  files: TensorFiles,
  stored: ReadonlyMap<string, string>,
  config: GptConfig,
): Promise<GptConfig> {
  let { bias, position } = config;
  if (!bias) {
    const biases = parameterSpecs({ ...config, bias: true }).filter(({ name }) => name.endsWith('.bias'));
    for (const { name } of biases) bias ||= (await files.read(stored.get(name)!)).some((value) => value !== 0);
  }
  if (position === 'sinusoidal') {
    const table = await fixedPositions(config);
    const found = await files.read(stored.get('wpe.weight')!);
    if (found.some((value, index) => Math.abs(value - table[index]!) > 1e-6)) position = 'learned';
  }
  return { ...config, bias, position };
}

function wrong(what: string): GptError {
  return new GptError('checkpoint/tensor', what, { hint: 'config.json and model.safetensors do not belong together' });
}
