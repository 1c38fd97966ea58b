import { choosePrecision, hasMatrixUnit } from './precision.js';

const cpuinfo = (flags: string) =>
  `processor\t: 0\nmodel name\t: A processor\nflags\t\t: fpu ${flags} sse\n\nprocessor\t: 1\n`;

test('AMX is found among the flags of the processor', () => {
  expect(hasMatrixUnit(cpuinfo('avx512_bf16 amx_bf16 amx_tile'))).toBe(true);
  expect(hasMatrixUnit(cpuinfo('avx512_bf16 amx_int8'))).toBe(false);
  expect(hasMatrixUnit('')).toBe(false);
});

test('auto is bf16 with AMX and f32 without', () => {
  expect([choosePrecision('auto', true), choosePrecision('auto', false)]).toEqual(['bf16', 'f32']);
  expect([choosePrecision('f32', true), choosePrecision('f32', false)]).toEqual(['f32', 'f32']);
  expect(choosePrecision('bf16', true)).toBe('bf16');
});

test('bf16 without AMX is refused, with the reason', () => {
  expect(() => choosePrecision('bf16', false)).toThrow(/no amx_bf16, and without it OpenVINO trains more slowly/);
});
