import { bf16Unit, choosePrecision } from './precision.js';

const cpuinfo = (flags: string) => `processor\t: 0\nmodel name\t: A\nflags\t\t: fpu ${flags} sse\n\nprocessor\t: 1\n`;

test('what multiplies bfloat16 is found among the flags of the processor', () => {
  expect(bf16Unit(cpuinfo('avx512_bf16 amx_bf16 amx_tile'))).toBe('tiles');
  expect(bf16Unit(cpuinfo('avx512_bf16 amx_int8'))).toBe('vectors');
  expect(bf16Unit(cpuinfo('avx512f avx512_vnni'))).toBe('none');
  expect(bf16Unit('')).toBe('none');
});

test('auto is bf16 with AMX and f32 without', () => {
  expect([choosePrecision('auto', 'tiles'), choosePrecision('auto', 'vectors')]).toEqual(['bf16', 'f32']);
  expect([choosePrecision('f32', 'tiles'), choosePrecision('f32', 'vectors')]).toEqual(['f32', 'f32']);
});

test('bf16 is given where the processor has it', () => {
  expect([choosePrecision('bf16', 'tiles'), choosePrecision('bf16', 'vectors')]).toEqual(['bf16', 'bf16']);
});

test('bf16 on another processor is refused, with the reason', () => {
  expect(() => choosePrecision('bf16', 'none')).toThrow(/neither amx_bf16 nor avx512_bf16/);
  expect(choosePrecision('auto', 'none')).toBe('f32');
});
