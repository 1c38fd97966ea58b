// The Node test environment, sharing the real typed-array constructors: onnxruntime-node checks its inputs against
// those of the main realm (microsoft/onnxruntime#16622).
const { TestEnvironment } = require('jest-environment-node');

const shared = [
  'ArrayBuffer',
  'Float32Array',
  'Int32Array',
  'Uint8Array',
  'Uint16Array',
  'Uint32Array',
  'Int8Array',
  'Int16Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'WebAssembly',
];

module.exports = class extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of shared) this.global[name] = globalThis[name];
    // --backend auto is onnx, whatever is set up here.
    this.global.process.env.GPT_CLI_RACE = 'no';
  }
};
