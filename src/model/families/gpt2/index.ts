// GPT-2 as a family: learned, fixed or rotary positions, pre-norm blocks, GELU. Loads no tfjs until `layers`.
import { GptError } from '../../../errors.js';
import type { Family, ModelSettings } from '../../family.js';
import { headOf } from '../classifier-head.js';
import { requireHeads } from '../heads.js';
import { rotaryFrequencies } from '../rotary.js';
import { type Gpt2Config, parameters } from './config.js';
import { gguf } from './gguf.js';
import { huggingFace } from './hugging-face.js';
import { onnx } from './onnx.js';
import { settings } from './settings.js';

export interface Gpt2Settings
  extends ModelSettings,
    Pick<Gpt2Config, 'bias' | 'position'>,
    Required<Pick<Gpt2Config, 'activation' | 'tie'>> {
  readonly ffnSize: number | null;
}

export const gpt2 = {
  name: 'gpt2',
  settings,
  configure(shared, { bias, position, activation, ffnSize, tie }: Gpt2Settings): Gpt2Config {
    const { nEmbd, nHead } = shared;
    requireHeads(nEmbd, nHead);
    const width = nEmbd / nHead;
    if (position === 'rope' && width % 2 !== 0) {
      throw new GptError('config/rope', `rope needs an even head width, but n-embd / n-head is ${width}`, {
        hint: `try --n-embd ${(width + 1) * nHead}, or --position learned`,
      });
    }
    return {
      ...shared,
      bias,
      position,
      layerNormEpsilon: 1e-5,
      // What GPT-2 has is not named, so that the configuration of a plain GPT-2 stays what it was.
      ...(activation !== 'gelu_new' && { activation }),
      ...(ffnSize !== null && ffnSize !== 4 * nEmbd && { ffnSize }),
      ...(!tie && { tie }),
    };
  },
  advice: ({ position }) =>
    position === 'rope'
      ? 'only gpt-cli reads a GPT-2 with rotary positions; --arch llama has them, too, and every tool reads it'
      : undefined,
  parameters,
  cache: ({ nHead, nEmbd }) => ({ heads: nHead, width: nEmbd / nHead }),
  rotary: ({ position, nHead, nEmbd }) => (position === 'rope' ? rotaryFrequencies(nEmbd / nHead, 10000) : undefined),
  head: headOf,
  layers: () => import('./layers.js'),
  huggingFace,
  gguf,
  onnx,
} satisfies Family<Gpt2Config, Gpt2Settings>;
