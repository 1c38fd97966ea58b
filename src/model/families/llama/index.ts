// Llama as a family: RMSNorm, rotary positions, grouped-query attention, SwiGLU. Loads no tfjs until `layers`.
import { GptError } from '../../../errors.js';
import type { Family, ModelSettings } from '../../family.js';
import { headOf } from '../classifier-head.js';
import { requireHeads } from '../heads.js';
import { type LlamaConfig, parameters, windowOf } from './config.js';
import { followsLength, frequenciesOf } from './frequencies.js';
import { ggufOf } from './gguf.js';
import { huggingFaceOf } from './hugging-face.js';
import { onnx } from './onnx.js';
import { settings } from './settings.js';

export interface LlamaSettings extends ModelSettings {
  readonly nKvHead: number | null;
  readonly headDim: number | null;
  readonly ropeTheta: number;
  readonly ffnSize: number | null;
  readonly tie: boolean;
  readonly slidingWindow: number | null;
}

/** 8/3 of the width, as many weights as with two matrices of 4 times the width; a multiple of 32 (Shazeer 2020, arXiv:2002.05202). */
const defaultFfnSize = (nEmbd: number) => 32 * Math.ceil(nEmbd / 12);

/** Llama, or the variant of it that `arch` selects. */
export function llamaFamily<Arch extends LlamaConfig['arch']>(arch: Arch) {
  return {
    name: arch,
    settings,
    configure(shared, { nKvHead, headDim, ropeTheta, ffnSize, tie, slidingWindow }): LlamaConfig & { arch: Arch } {
      const { nEmbd, nHead } = shared;
      if (headDim === null) requireHeads(nEmbd, nHead);
      const width = headDim ?? nEmbd / nHead;
      if (width % 2 !== 0) {
        const hint = headDim === null ? `try --n-embd ${(width + 1) * nHead}` : `try --head-dim ${width + 1}`;
        throw new GptError('config/rope', `rotary positions need an even head width, it is ${width}`, { hint });
      }
      const kept = nKvHead ?? nHead;
      if (nHead % kept !== 0) {
        const fitting = Array.from({ length: kept }, (_, i) => kept - i).find((n) => nHead % n === 0)!;
        throw new GptError('config/heads', `n-head (${nHead}) is not divisible by n-kv-head (${kept})`, {
          hint: `try --n-kv-head ${fitting}`,
        });
      }
      requireWindow(slidingWindow, shared.blockSize);
      const own = { arch, nKvHead: kept, headDim: width, ffnSize: ffnSize ?? defaultFfnSize(nEmbd), ropeTheta };
      const optional = { ...(!tie && { tie }), ...(slidingWindow !== null && { slidingWindow }) };
      return { ...own, ...shared, normEpsilon: 1e-5, ...optional };
    },
    parameters,
    window: windowOf,
    cache: ({ nKvHead, headDim }) => ({ heads: nKvHead, width: headDim }),
    rotary: (config: LlamaConfig) => (followsLength(config) ? undefined : frequenciesOf(config)),
    exactBeyond: ({ ropeScaling }: LlamaConfig) => (ropeScaling?.kind === 'dynamic' ? ropeScaling.original : undefined),
    head: headOf,
    layers: () => import('./layers.js'),
    huggingFace: huggingFaceOf(arch),
    gguf: ggufOf(arch),
    onnx,
  } as const satisfies Family<LlamaConfig, LlamaSettings>;
}

function requireWindow(window: number | null, blockSize: number): void {
  if (window === null || window < blockSize) return;
  const message = `sliding-window (${window}) is not below block-size (${blockSize})`;
  throw new GptError('config/window', message, { hint: `omit it, or try --block-size ${4 * window}` });
}

export const llama = llamaFamily('llama');
