// Which number format OpenVINO computes in. It accepts bfloat16 on every processor, also where that is many times slower, so
// the choice is made here.
import { readFileSync } from 'node:fs';
import { GptError } from '../../errors.js';
import type { Precision } from '../types.js';

/** What the processor multiplies bfloat16 with: tiles (AMX), vectors (AVX512_BF16), or nothing. */
export type Bf16Unit = 'tiles' | 'vectors' | 'none';

/**
 * Known on Linux only; elsewhere none.
 * @param cpuinfo Linux' /proc/cpuinfo
 */
export function bf16Unit(cpuinfo: string = readText()): Bf16Unit {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/));
  if (flags.has('amx_bf16')) return 'tiles';
  return flags.has('avx512_bf16') ? 'vectors' : 'none';
}

/**
 * `auto` is bf16 where the processor has AMX for it, else f32. Who asks for bf16 gets it with AVX512_BF16, too.
 * @throws GptError `engine/precision` for bf16 on another processor
 */
export function choosePrecision(asked: Precision | 'auto', unit: Bf16Unit = bf16Unit()): Precision {
  if (asked === 'auto') return unit === 'tiles' ? 'bf16' : 'f32';
  if (asked === 'f32' || unit !== 'none') return asked;
  throw new GptError(
    'engine/precision',
    'this processor has neither amx_bf16 nor avx512_bf16; without them OpenVINO imitates bf16, many times slower than f32',
    { hint: '--precision f32; docs/openvino.md has the measurements' },
  );
}

function readText(): string {
  try {
    return process.platform === 'linux' ? readFileSync('/proc/cpuinfo', 'utf8') : '';
  } catch {
    return '';
  }
}
