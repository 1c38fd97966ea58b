// tfjs-core's own test suite on a backend where every op that the tracer covers is traced, compiled and run by itself.
// Everything that tfjs' stock `cpu` backend passes must pass, or be listed with a reason in test/conformance/accepted.json.
//   npm run conformance -- --backend onnx|openvino|tensorflow|trace [--grep TEXT] [--part K/N] [--write FILE]
// --part runs the K-th of N parts of the suite, of about the same size: for a quick share, and for engines that compile slowly.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'onnx' },
    grep: { type: 'string' },
    part: { type: 'string', default: '1/1' },
    write: { type: 'string' },
  },
});
const { backend } = values;
const [part, parts] = /^[1-9]\d*\/[1-9]\d*$/.test(values.part) ? values.part.split('/').map(Number) : [1, 0];
if (part > parts) throw new Error(`--part is K/N with K from 1 to N, got ${values.part}`);
if (!['onnx', 'openvino', 'tensorflow', 'trace'].includes(backend))
  throw new Error(`--backend is onnx, openvino, tensorflow or trace, got ${backend}`);
const folder = 'dist/test/conformance';

/** tfjs' suite asks for an older jasmine-core's inside, its globals, and leave to use names twice. */
const jasmine = `
const core = require('jasmine-core');
core.installGlobals();
core.jasmine.getEnv().configure({ forbidDuplicateNames: false, random: false });
module.exports = { core: () => core.jasmine };`;

const oneJasmine = {
  name: 'one-jasmine',
  setup(build) {
    build.onResolve({ filter: /jasmine-core\/lib\/jasmine-core\/jasmine\.js$/ }, () => ({
      path: 'jasmine',
      namespace: 'shim',
    }));
    build.onLoad({ filter: /.*/, namespace: 'shim' }, () => ({ contents: jasmine, resolveDir: root }));
  },
};

async function bundle() {
  mkdirSync(folder, { recursive: true });
  await esbuild.build({
    entryPoints: ['test/conformance/main.ts'],
    outfile: `${folder}/main.mjs`,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    plugins: [oneJasmine],
    ignoreAnnotations: true, // tfjs says that its tests have no side effects
    external: ['jasmine-core', 'onnxruntime-node', 'onnxruntime-common', 'protobufjs', 'koffi'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
}

/** What each spec of the suite gave on a backend. */
function run(name) {
  const result = join(folder, `${name}.json`);
  rmSync(result, { force: true });
  const env = {
    ...process.env,
    CONFORMANCE_BACKEND: name,
    CONFORMANCE_RESULT: result,
    CONFORMANCE_GREP: values.grep ?? '',
    CONFORMANCE_PART: values.part,
  };
  // The suite warns and logs a lot by design.
  const { status, signal, stderr } = spawnSync(process.execPath, ['--expose-gc', `${folder}/main.mjs`], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 28,
  });
  if (status !== 0)
    throw new Error(`the suite broke off on ${name} (${signal ?? status})\n${stderr.toString().slice(-2000)}`);
  return JSON.parse(readFileSync(result, 'utf8'));
}

function count(specs, status) {
  return Object.values(specs).filter((spec) => spec.status === status).length;
}

await bundle();
const started = performance.now();
const stock = run('cpu');
const tested = run(backend);
const listed = new Map(
  (JSON.parse(readFileSync('test/conformance/accepted.json', 'utf8'))[backend] ?? []).flatMap(({ reason, specs }) =>
    specs.map((spec) => [spec, reason]),
  ),
);

const failures = Object.entries(tested.specs).filter(
  ([name, { status }]) => status === 'failed' && stock.specs[name]?.status === 'passed',
);
const unlisted = failures.filter(([name]) => !listed.has(name));
const passedAfterAll = [...listed.keys()].filter((name) => tested.specs[name]?.status === 'passed');
const missing = Object.keys(stock.specs).filter(
  (name) => stock.specs[name].status === 'passed' && !tested.specs[name] && !listed.has(name),
);
const { compiled, graphs, plain } = tested.coverage;
const uncovered = Object.entries(plain).sort(([, a], [, b]) => b - a);

console.log(
  `tfjs-core's suite: ${Object.keys(stock.specs).length} specs; stock cpu passes ${count(stock.specs, 'passed')}, fails ${count(stock.specs, 'failed')}`,
);
console.log(
  `${backend}: passes ${count(tested.specs, 'passed')}, fails ${count(tested.specs, 'failed')}; of what cpu passes it fails ${failures.length}, ${failures.length - unlisted.length} of them accepted`,
);
console.log(
  `${compiled} kernel calls compiled and run in ${graphs} graphs; ${uncovered.reduce((sum, [, n]) => sum + n, 0)} calls of ${uncovered.length} kernels on the CPU for want of a rule or of inputs: ${uncovered
    .slice(0, 12)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')}`,
);
console.log(`${((performance.now() - started) / 1000).toFixed(0)} s`);
for (const [name, { message }] of unlisted) console.log(`FAILED ${name}\n  ${message?.split('\n')[0]}`);
for (const name of missing) console.log(`DID NOT RUN ${name}`);
for (const name of passedAfterAll) console.log(`passes now, take it off the list: ${name}`);
if (values.write)
  writeFileSync(
    values.write,
    JSON.stringify(Object.fromEntries(failures.map(([name, { message }]) => [name, message])), null, 1),
  );
process.exitCode = unlisted.length > 0 || missing.length > 0 || compiled === 0 ? 1 : 0;
