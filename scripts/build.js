// Builds everything: the AssemblyScript kernels and the program of their threads, the scripts of pages, the bundles in dist/ (tfjs
// inside; in the entries for tfjs users outside), the program of exported pages, one tfjs bundle for jest, type declarations.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import * as esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
process.chdir(root);

/** Writes a module of exported texts, unless it is there already: jest would transform it again. */
function writeModule(target, source, texts) {
  const lines = Object.entries(texts).map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};\n`);
  const text = `// Made by scripts/build.js from ${source}.\n${lines.join('')}`;
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
}

/** Compiles AssemblyScript to WebAssembly modules and writes them as a TypeScript module that holds their bytes. */
async function buildKernels(source, variants) {
  const asc = await import('assemblyscript/asc');
  const flags = [
    '-O3',
    '--runtime',
    'stub',
    '--enable',
    'simd',
    '--importMemory',
    '--maximumMemory',
    '65536',
    '--noAssert',
  ];
  const modules = {};
  for (const [name, more] of Object.entries(variants)) {
    const { error, stderr } = await asc.main([source, '--outFile', 'dist/kernels.wasm', ...flags, ...more]);
    if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
    modules[name] = readFileSync('dist/kernels.wasm').toString('base64');
  }
  writeModule(source.replace('.assembly.ts', '.generated.ts'), basename(source), modules);
}

/** The program of the kernels' threads, as a module that holds its text. */
async function buildWorker() {
  const { outputFiles } = await esbuild.build({
    ...common,
    entryPoints: ['src/optimizer/threads/worker.ts'],
    format: 'cjs',
    minifySyntax: true,
    write: false,
  });
  writeModule('src/optimizer/threads/worker.generated.ts', 'worker.ts', { workerSource: outputFiles[0].text });
}

/** What runs in the pages of `explain` and `report`, as TypeScript modules that hold it. */
async function buildScripts() {
  const shared = { bundle: true, platform: 'browser', target: 'es2022', minify: true, charset: 'ascii', write: false };
  const bundleOf = async (options) => {
    const { outputFiles } = await esbuild.build({ ...shared, logLevel: 'error', legalComments: 'none', ...options });
    // In a page a script ends at the first </script, whatever it stands in.
    return outputFiles[0].text.replaceAll('</script', '<\\/script');
  };
  const scriptOf = (entry) => bundleOf({ entryPoints: [entry], format: 'iife' });
  writeModule('src/explain/page/client.generated.ts', 'client/main.ts', {
    pageScript: await scriptOf('src/explain/page/client/main.ts'),
  });

  const notice = '/* With uPlot: Copyright (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */\n';
  const contents = "@import 'uplot/dist/uPlot.min.css'; @import './style.css';";
  writeModule('src/report/client.generated.ts', 'client/ and uPlot', {
    clientScript: notice + (await scriptOf('src/report/client/main.ts')),
    clientStyle: await bundleOf({ stdin: { contents, loader: 'css', resolveDir: join(root, 'src/report/client') } }),
  });
}

// ES modules first: tfjs would otherwise come twice, as its CommonJS bundle and as the files that tf.ts names.
const common = {
  bundle: true,
  platform: 'node',
  mainFields: ['module', 'main'],
  target: 'node20',
  logLevel: 'error',
  legalComments: 'none',
};

/** The entries for tfjs users compute with the tfjs of the program that imports them. */
const sharedTfjs = {
  name: 'shared-tfjs',
  setup(build) {
    const place = join(root, 'src', 'tf-shared.ts');
    build.onResolve({ filter: /^\.{1,2}\/(?:\.\.\/)*tf\.js$/ }, () => ({ path: place }));
    build.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, () => ({ path: '@tensorflow/tfjs', external: true }));
  },
};

async function buildBundles() {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const external = [...Object.keys(dependencies), '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];
  const modules = {
    ...common,
    metafile: true,
    outdir: 'dist',
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  };
  const built = [
    await esbuild.build({
      ...modules,
      entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts', race: 'src/session/race/child.ts' },
      external,
    }),
    await esbuild.build({
      ...modules,
      entryPoints: { jit: 'src/jit/index.ts', layers: 'src/layers/index.ts' },
      external: [...external, '@tensorflow/tfjs'],
      plugins: [sharedTfjs],
    }),
  ];
  await esbuild.build({ ...common, entryPoints: ['src/tf.ts'], outfile: 'dist/test/tfjs.cjs', format: 'cjs' });
  const made = new Set(built.flatMap(({ metafile }) => Object.keys(metafile.outputs).map((path) => basename(path))));
  for (const file of readdirSync('dist/chunks')) if (!made.has(file)) rmSync(join('dist/chunks', file));
}

/** The program of exported pages, its style, and onnxruntime's WebAssembly, compressed as a page holds it. */
async function buildExportedPage() {
  const standIns = ['time-limit', 'own-copy', 'setting'];
  const inPage = {
    name: 'in-page',
    setup(build) {
      const filter = new RegExp(`/(${standIns.join('|')})\\.js$`);
      build.onResolve({ filter }, ({ path }) => ({
        path: join(root, 'src', 'browser', basename(path).replace('.js', '.ts')),
      }));
    },
  };
  await esbuild.build({
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
    legalComments: 'none',
    outdir: 'dist/browser',
    entryPoints: { page: 'src/browser/main.ts', style: 'src/browser/page.css' },
    plugins: [inPage],
  });
  const runtime = require.resolve('onnxruntime-web/ort-wasm-simd-threaded.wasm');
  const target = 'dist/browser/runtime.wasm.gz';
  if (!existsSync(target) || statSync(target).mtimeMs < statSync(runtime).mtimeMs)
    writeFileSync(target, gzipSync(readFileSync(runtime), { level: 9 }));
}

mkdirSync('dist/browser', { recursive: true });
const shared = ['--enable', 'threads', '--sharedMemory', '--initialMemory', '1'];
await buildKernels('src/optimizer/assembly/kernels.assembly.ts', { kernelsWasm: [], sharedKernelsWasm: shared });
await buildKernels('src/engine/masks/masks.assembly.ts', { masksWasm: [] });
await buildWorker();
await buildScripts();
await buildBundles();
await buildExportedPage();
if (!process.argv.includes('--no-types')) {
  rmSync('dist/types', { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.types.json'], {
    stdio: 'inherit',
  });
  // Declarations name only what a user installs.
  writeFileSync('dist/types/tf.d.ts', "export * from '@tensorflow/tfjs';\n");
}
