// Sliding windows in config.json, in both directions. Qwen3 has them in the blocks that its file names; the file of a Llama with a
// window is Mistral's, which has it in every block.
import type { ConfigReader } from '../../hugging-face.js';
import { most } from '../limits.js';
import type { LlamaConfig } from './config.js';

type Window = Pick<LlamaConfig, 'slidingWindow' | 'windowedBlocks'>;

/** transformers' default where a model has windows and the key is missing. */
const standard = 4096;

/** Positions; undefined where the key is null. */
const sizeOf = (json: ConfigReader): number | undefined =>
  json.keys['sliding_window'] === null ? undefined : json.size('sliding_window', most.positions, standard);

export function readMistralWindow(json: ConfigReader): Window {
  const slidingWindow = sizeOf(json);
  return slidingWindow === undefined ? {} : { slidingWindow };
}

/** `layer_types` says which blocks have the window; without it those from `max_window_layers` on. */
export function readQwenWindow(json: ConfigReader, nLayer: number): Window {
  const slidingWindow = json.toggle('use_sliding_window', false) ? sizeOf(json) : undefined;
  const windowed = typesOf(json, nLayer, slidingWindow !== undefined);
  const windowedBlocks = windowed.flatMap((slides, block) => (slides ? [block] : []));
  if (windowedBlocks.length === 0) return {};
  if (slidingWindow === undefined)
    throw json.wrong(
      'layer_types has sliding_attention, but there is no window',
      'use_sliding_window and sliding_window set it',
    );
  return { slidingWindow, ...(windowedBlocks.length < nLayer && { windowedBlocks }) };
}

/** For each block whether it has the window. */
function typesOf(json: ConfigReader, nLayer: number, hasWindow: boolean): boolean[] {
  const types = json.value('layer_types');
  if (types === undefined) {
    const first = json.number('max_window_layers', 28, [0, most.layers]);
    return Array.from({ length: nLayer }, (_, block) => hasWindow && block >= first);
  }
  if (!Array.isArray(types) || types.length !== nLayer)
    throw json.wrong(`layer_types is ${JSON.stringify(types)}, expected one of each of the ${nLayer} layers`);
  return types.map((type) => {
    if (type === 'sliding_attention' || type === 'full_attention') return type === 'sliding_attention';
    throw json.wrong(`layer_types has ${JSON.stringify(type)}`, 'sliding_attention and full_attention can be computed');
  });
}

export function writeQwenWindow({ slidingWindow, windowedBlocks, nLayer }: LlamaConfig): Record<string, unknown> {
  if (slidingWindow === undefined) return {};
  const slides = (block: number) => windowedBlocks?.includes(block) ?? true;
  const types = Array.from({ length: nLayer }, (_, block) => (slides(block) ? 'sliding_attention' : 'full_attention'));
  return {
    use_sliding_window: true,
    sliding_window: slidingWindow,
    max_window_layers: types.indexOf('sliding_attention'),
    layer_types: types,
  };
}
