// In how many bits a model's matrices are kept: what is asked for, what the checkpoint has, what the engine can.
import type { InferenceConfig } from '../config/index.js';
import { canQuantize } from '../engine/names.js';
import { GptError } from '../errors.js';
import type { Scheme } from '../quantization/index.js';

type Settings = Pick<InferenceConfig, 'quantize' | 'backend' | 'device'>;

/**
 * What is asked for, else as the checkpoint is stored, which engines without such products compute in float32.
 * @throws GptError `engine/quantize` for what the engine cannot do
 */
export function schemeFor({ quantize, backend, device }: Settings, stored: Scheme | undefined): Scheme | undefined {
  if (quantize === 'none') return undefined;
  const able = canQuantize(backend, device);
  if (quantize === 'auto') return able ? stored : undefined;
  if (able) return quantize;
  const engine = `the ${backend === 'auto' ? 'onnx' : backend} engine`;
  const where = device === 'auto' || device === 'cpu' ? engine : `${engine} on ${device}`;
  throw new GptError('engine/quantize', `${where} has no products with ${quantize} weights`, {
    hint: '--backend onnx or openvino, on the cpu; or without --quantize',
  });
}

/**
 * Of the frozen weights of a run with adapters; a run without them trains all weights, in float32.
 * @param stored of the checkpoint that it begins with
 * @throws GptError `config/quantize` without adapters, `engine/quantize` for what the engine cannot do
 */
export function frozenScheme(
  config: Settings & { readonly loraRank: number },
  stored: Scheme | undefined,
): Scheme | undefined {
  if (config.loraRank > 0) return schemeFor(config, stored);
  if (config.quantize === 'auto' || config.quantize === 'none') return undefined;
  throw new GptError('config/quantize', `weights in ${config.quantize} cannot be trained`, {
    hint: 'with --lora-rank 8 only adapters are trained, and the weights stay as they are',
  });
}
