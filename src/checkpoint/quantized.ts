// Checkpoints with matrices in 8 or 4 bits. Their tensors are in quantized.safetensors: a matrix `x` as `x.codes` (U8) and `x.scales`
// (F32), all else as in model.safetensors, which is not there: transformers and earlier versions of this program find no weights,
// instead of wrong ones. config.json has the scheme.
import { GptError } from '../errors.js';
import type { ParameterSpec } from '../model/config.js';
import { familyOf, headSpec } from '../model/registry.js';
import {
  type Bits,
  blockSize,
  blocksOf,
  dequantize,
  emptyMatrix,
  formatOf,
  type QuantizedMatrix,
  quantizeInto,
  type Scheme,
  schemeNames,
} from '../quantization/index.js';
import type { HuggingFaceModel } from './hf-config.js';
import { SafetensorsFile, type TensorEntry, type TensorFiles, type TensorSource } from './safetensors/index.js';

export const quantizedFile = 'quantized.safetensors';

/** The key of config.json that says how matrices are stored. */
export const schemeKey = 'gpt_cli_quantization';
const version = 1;

/** What config.json has besides. */
export function schemeKeys(scheme: Scheme): Readonly<Record<string, unknown>> {
  return { [schemeKey]: { version, scheme, block_size: blockSize } };
}

/** The key of config.json that says what float32 weights were rounded to before adapters were trained on them. */
const roundedKey = 'gpt_cli_rounded_to';

/** What config.json has besides, of a model whose weights were rounded: see `Checkpoint.rounded`. */
export function roundedKeys(scheme: Scheme): Readonly<Record<string, unknown>> {
  return { [roundedKey]: scheme };
}

export function roundedOf(json: Readonly<Record<string, unknown>>): Scheme | undefined {
  return schemeNames.find((name) => name === json[roundedKey]);
}

/** @throws GptError `checkpoint/config` for what this version does not read */
export function schemeOf(json: Readonly<Record<string, unknown>>, source: string): Scheme {
  const wrong = (what: string, hint?: string) =>
    new GptError('checkpoint/config', `${source}: ${what}`, hint === undefined ? {} : { hint });
  const found = json[schemeKey];
  if (typeof found !== 'object' || found === null)
    throw wrong(`${schemeKey} is ${JSON.stringify(found) ?? 'missing'}`, `${quantizedFile} needs it`);
  const keys = found as Readonly<Record<string, unknown>>;
  const only = (key: string, accepted: readonly unknown[]) => {
    const value = JSON.stringify(keys[key]) ?? 'missing';
    if (!accepted.includes(keys[key]))
      throw wrong(`${schemeKey}.${key} is ${value}; ${accepted.join(' and ')} can be read`);
  };
  only('version', [version]);
  only('scheme', schemeNames);
  only('block_size', [blockSize]);
  return keys['scheme'] as Scheme;
}

const codesOf = (name: string) => `${name}.codes`;
const scalesOf = (name: string) => `${name}.scales`;

/** [outputs, inputs] */
type Sizes = readonly [rows: number, columns: number];

/** Of the two tensors that hold a matrix. */
function storedShapes([rows, columns]: Sizes, bits: Bits) {
  const blocks = blocksOf(columns);
  return { codes: [rows, (blocks * blockSize * bits) / 8], scales: [rows, blocks] } as const;
}

/** A float32 tensor, as what is stored of it: itself, or codes and scales. */
export function quantizedTensors(spec: ParameterSpec, tensor: TensorSource, scheme: Scheme): TensorSource[] {
  const format = formatOf(spec, scheme);
  if (!format) return [tensor];
  const { name } = tensor;
  const { bits, outputAxis } = format;
  const [rows, columns] = [spec.shape[outputAxis]!, spec.shape[1 - outputAxis]!];
  const shapes = storedShapes([rows, columns], bits);
  let matrix: QuantizedMatrix | undefined;
  const codes = async () => {
    matrix = emptyMatrix(rows, columns, bits);
    quantizeInto(matrix, (await tensor.read()) as Float32Array, outputAxis);
    return matrix.codes;
  };
  const scales = () => matrix!.scales; // written right after its codes
  return [
    { name: codesOf(name), shape: shapes.codes, dtype: 'U8', read: codes },
    { name: scalesOf(name), shape: shapes.scales, read: scales },
  ];
}

/**
 * The tensors of quantized.safetensors as float32 ones under their usual names.
 * @throws GptError `checkpoint/tensor` for codes or scales that do not fit the model
 */
export async function openQuantized(path: string, model: HuggingFaceModel, scheme: Scheme): Promise<TensorFiles> {
  const file = await SafetensorsFile.open(path);
  try {
    return new QuantizedTensors(file, model, scheme);
  } catch (error) {
    await file.close();
    throw error;
  }
}

class QuantizedTensors implements TensorFiles {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  private readonly matrices = new Map<string, ParameterSpec>();

  constructor(
    private readonly file: SafetensorsFile,
    { config, labels }: HuggingFaceModel,
    private readonly scheme: Scheme,
  ) {
    const { huggingFace } = familyOf(config);
    const entries = new Map(file.header.tensors);
    const specs = [...huggingFace.stored(config), ...(labels ? [headSpec(config, labels.length)] : [])];
    for (const spec of specs) {
      const name = huggingFace.storedName(spec.name, labels !== undefined);
      if (!formatOf(spec, scheme)) continue;
      entries.set(name, { ...this.stored(spec, name), name, shape: spec.shape });
      entries.delete(codesOf(name));
      entries.delete(scalesOf(name));
      this.matrices.set(name, spec);
    }
    this.entries = entries;
  }

  /** The codes of a matrix, once they and the scales are known to be those of its shape. */
  private stored({ shape, ...spec }: ParameterSpec, name: string): TensorEntry {
    const { bits, outputAxis } = formatOf({ ...spec, shape }, this.scheme)!;
    const shapes = storedShapes([shape[outputAxis]!, shape[1 - outputAxis]!], bits);
    const demand = (tensor: string, dtype: string, expected: readonly number[]) => {
      const found = this.file.header.tensors.get(tensor);
      const what = found ? `is ${found.dtype} [${found.shape.join(', ')}]` : 'is missing';
      if (found?.dtype === dtype && found.shape.join() === expected.join()) return found;
      throw new GptError(
        'checkpoint/tensor',
        `"${tensor}" in ${quantizedFile} ${what}, expected ${dtype} [${expected.join(', ')}]`,
        {
          hint: 'config.json and the tensors do not belong together',
        },
      );
    };
    demand(scalesOf(name), 'F32', shapes.scales);
    return demand(codesOf(name), 'U8', shapes.codes);
  }

  async read(name: string): Promise<Float32Array> {
    const spec = this.matrices.get(name);
    if (!spec) return this.file.read(name);
    const { bits, outputAxis } = formatOf(spec, this.scheme)!;
    const [rows, columns] = [spec.shape[outputAxis]!, spec.shape[1 - outputAxis]!];
    const [codes, scales] = [await this.file.readBytes(codesOf(name)), await this.file.read(scalesOf(name))];
    return dequantize({ bits, rows, columns, codes, scales }, outputAxis);
  }

  close(): Promise<void> {
    return this.file.close();
  }
}
