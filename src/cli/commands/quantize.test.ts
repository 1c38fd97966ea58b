import type { QuantizedEvent } from '../../events.js';
import { lines } from './quantize.js';

const sizes = { parameters: 1_000_000, float32Bytes: 4_000_000, bytes: 1_100_000 };
const event: QuantizedEvent = { event: 'quantized', out: 'my int8', weights: 'int8', ...sizes };

test('sizes, losses with their difference, and the command that opens the folder', () => {
  expect(lines({ ...event, loss: 2.0125, float32Loss: 2.01, tokens: 5000 })).toEqual([
    'parameters  1,000,000',
    'size        4.0 MB in float32, 1.1 MB in int8',
    'loss        2.0100 in float32, 2.0125 in int8: +0.0025, on 5,000 validation tokens',
    'saved my int8',
    "sample: gpt-cli sample 'my int8' --prompt ...",
  ]);
});

test('a classifier labels texts; a loss that was not measured is not shown as one', () => {
  const shown = lines({ ...event, labels: ['bad', 'good'] });
  expect(shown.slice(1)).toEqual([
    'size        4.0 MB in float32, 1.1 MB in int8',
    'loss        not measured: there is no validation text of the run',
    'saved my int8',
    "use it: gpt-cli classify 'my int8' ...",
  ]);
});
