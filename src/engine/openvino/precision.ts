// Which number format OpenVINO computes in. It accepts bfloat16 on every processor, also where that is many times slower, so
// the choice is made here.
import { readFileSync } from 'node:fs';
import { GptError } from '../../errors.js';
import type { Precision } from '../types.js';

/**
 * Whether the processor multiplies bfloat16 in tiles (AMX). Known on Linux only; elsewhere false.
 * @param cpuinfo Linux' /proc/cpuinfo
 */
export function hasMatrixUnit(cpuinfo: string = readText()): boolean {
  return /^flags\s*:.*\bamx_bf16\b/m.test(cpuinfo);
}

/**
 * `auto` is bf16 where the processor has AMX for it, else f32.
 * @throws GptError `engine/precision` for bf16 on another processor
 */
export function choosePrecision(asked: Precision | 'auto', matrixUnit = hasMatrixUnit()): Precision {
  if (asked === 'auto') return matrixUnit ? 'bf16' : 'f32';
  if (asked === 'f32' || matrixUnit) return asked;
  throw new GptError(
    'engine/precision',
    'this processor has no amx_bf16, and without it OpenVINO trains more slowly in bf16 than in f32',
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
