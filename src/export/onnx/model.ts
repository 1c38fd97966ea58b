// A decoder or a classifier as the bytes of an ONNX model, with the inputs and outputs that transformers.js and optimum know.
import { type Name, type OnnxPort, OnnxWriter } from '../../engine/onnx/writer.js';
import { GptError } from '../../errors.js';
import type { ModelConfig } from '../../model/config.js';
import { cacheShapeOf, familyOf, headSpec } from '../../model/registry.js';
import type { AttentionInputs, KeysAndValues } from './attention.js';
import { Layers } from './layers.js';
import { type OnnxDtype, type Parameters, Weights } from './weights.js';

export interface ModelToWrite {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** A classifier's classes; absent: a decoder. */
  readonly labels?: readonly string[] | undefined;
}

/** Names of the sizes that are known only when the model runs, as optimum has them. */
const size = {
  batch: 'batch_size',
  time: 'sequence_length',
  past: 'past_sequence_length',
  total: 'total_sequence_length',
} as const;

/** @throws GptError `export/model` for a family without ONNX */
export function onnxModel(model: ModelToWrite, dtype: OnnxDtype): Uint8Array {
  return model.labels ? classifierModel(model, dtype) : decoderModel(model, dtype);
}

/**
 * One graph for prefill and decode.
 *
 *   input_ids [B, T], attention_mask [B, P + T], position_ids [B, T]  int64
 *   past_key_values.N.key, .value  [B, K, P, D]                       -> logits [B, T, V], present.N.key, .value [B, K, P + T, D]
 */
function decoderModel({ config, parameters }: ModelToWrite, dtype: OnnxDtype): Uint8Array {
  const onnx = new OnnxWriter();
  const weights = new Weights(onnx, parameters, dtype);
  const { heads, width } = cacheShapeOf(config);
  const caches = Array.from({ length: config.nLayer }, (_, block) => block);
  const cached = (prefix: string, length: string): OnnxPort[] =>
    caches.flatMap((block) =>
      ['key', 'value'].map((part) => {
        return { name: `${prefix}.${block}.${part}`, type: 'float32', shape: [size.batch, heads, length, width] };
      }),
    );
  const present: KeysAndValues[] = [];
  const inputs: AttentionInputs = {
    ...{ ids: 'input_ids', mask: 'attention_mask', positions: 'position_ids', present },
    past: caches.map((block) => ({ key: `past_key_values.${block}.key`, value: `past_key_values.${block}.value` })),
  };
  const layers = new Layers(onnx, weights, inputs);
  const hidden = layers.reshape(hiddenStates(layers, config, inputs), [-1, config.nEmbd]);
  const { tie } = familyOf(config).huggingFace;
  const flat = layers.timesTable(config.tie === false ? tie.output : tie.embedding, hidden); // [B T, V]
  const leading = onnx.op('Shape', [inputs.ids]);
  const shape = onnx.op('Concat', [leading, onnx.int64s([config.vocabSize])], { axis: 0 });
  alias(onnx, weights, onnx.op('Reshape', [flat, shape]), 'logits');
  present.forEach(({ key, value }, block) => {
    onnx.alias(key, `present.${block}.key`);
    onnx.alias(value, `present.${block}.value`);
  });
  const logits: OnnxPort = { name: 'logits', type: 'float32', shape: [size.batch, size.time, config.vocabSize] };
  return onnx.finish(
    'decoder',
    [
      { name: 'input_ids', type: 'int64', shape: [size.batch, size.time] },
      { name: 'attention_mask', type: 'int64', shape: [size.batch, size.total] },
      { name: 'position_ids', type: 'int64', shape: [size.batch, size.time] },
      ...cached('past_key_values', size.past),
    ],
    [logits, ...cached('present', size.total)],
  );
}

/**
 * The head reads the last position that attention_mask does not hide.
 *
 *   input_ids, attention_mask  int64 [B, T]  -> logits [B, labels]
 */
function classifierModel({ config, parameters, labels }: ModelToWrite, dtype: OnnxDtype): Uint8Array {
  const onnx = new OnnxWriter();
  const weights = new Weights(onnx, parameters, dtype);
  const [ids, mask] = ['input_ids', 'attention_mask'];
  const counted = onnx.op('Sub', [onnx.op('CumSum', [mask, onnx.scalar(1, 'int64')]), onnx.scalar(1, 'int64')]);
  const inputs = { ids, mask, positions: onnx.op('Max', [counted, onnx.scalar(0, 'int64')]) };
  const layers = new Layers(onnx, weights, inputs);
  const hidden = hiddenStates(layers, config, inputs);
  const last = onnx.op('ArgMax', [mask], { axis: 1, keepdims: 1, select_last_index: 1 }); // [B, 1]
  const read = onnx.op('GatherND', [hidden, last], { batch_dims: 1 }); // [B, C]
  const head = headSpec(config, labels!.length).name.replace(/\.weight$/, '');
  alias(onnx, weights, layers.linear(head, read), 'logits');
  const input = (name: string): OnnxPort => ({ name, type: 'int64', shape: [size.batch, size.time] });
  const logits: OnnxPort = { name: 'logits', type: 'float32', shape: [size.batch, labels!.length] };
  return onnx.finish('classifier', [input(ids), input(mask)], [logits]);
}

/** The last norm's output, [B, T, C]. */
function hiddenStates(layers: Layers, config: ModelConfig, { ids, positions }: AttentionInputs): Name {
  const { onnx, name } = familyOf(config);
  if (!onnx) throw new GptError('export/model', `models of the family ${name} are not exported as ONNX`);
  let x = onnx.embed(layers, config, ids, positions);
  for (let block = 0; block < config.nLayer; block++) x = onnx.block(layers, config, block, x);
  return onnx.normalize(layers, config, x);
}

/** Outputs are float32 in every format. */
function alias(onnx: OnnxWriter, { type }: Weights, value: Name, name: string): void {
  onnx.alias(type === 'float16' ? onnx.cast(value, 'float32') : value, name);
}
