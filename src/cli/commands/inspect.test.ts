import { type GptConfig, parameterSpecs } from '../../model/registry.js';
import { typed } from '../fixtures.js';
import { partsOf, shownValue } from './inspect.js';

test('parameters are summed by layer, in the order of the model', () => {
  const config = { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128, dropout: 0, bias: true };
  const gpt2: GptConfig = { ...config, position: 'learned', layerNormEpsilon: 1e-5 };
  const parts = partsOf(parameterSpecs(gpt2));
  expect(parts.map(({ name }) => name)).toEqual(['wte', 'wpe', 'h.0', 'h.1', 'h.2', 'h.3', 'ln_f']);
  expect(parts[0]).toEqual({ name: 'wte', parameters: 65 * 128, tensors: 1 });
  expect(parts[2]).toEqual({ name: 'h.0', parameters: 198272, tensors: 12 });
  expect(parts.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(809856);
});

test('a folder without a checkpoint is an error', async () => {
  const { code, err } = await typed('inspect no/such/run');
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/^error: there is no no\/such\/run \(.*\)\n$/) });
});

test('a setting with parts is shown by its parts', () => {
  expect(shownValue({ type: 'linear', factor: 4 })).toBe('type linear, factor 4');
  expect(shownValue([0, 2])).toBe('0,2');
  expect(shownValue(null)).toBe('null');
});
