// Builds everything: the AssemblyScript kernels, the script of reports, the bundles in dist/ (tfjs inside; in the entries for tfjs users outside),
// one tfjs bundle for jest, type declarations.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
process.chdir(root);

/** Compiles AssemblyScript to WebAssembly and writes it as a TypeScript module that holds the bytes. */
async function buildKernels() {
  const source = 'src/optimizer/assembly/kernels.assembly.ts';
  const target = 'src/optimizer/assembly/kernels.generated.ts';
  if (!existsSync(source)) return;
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
  const { error, stderr } = await asc.main([source, '--outFile', 'dist/kernels.wasm', ...flags]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  const base64 = readFileSync('dist/kernels.wasm').toString('base64');
  const text = `// Made by scripts/build.js from kernels.assembly.ts.\nexport const kernelsWasm = '${base64}';\n`;
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
}

/** The script and the styles of the pages that `report` writes, as a TypeScript module that holds them. */
async function buildReportClient() {
  const target = 'src/report/client.generated.ts';
  const shared = { bundle: true, minify: true, write: false, logLevel: 'error', legalComments: 'none' };
  const bundleOf = async (contents, loader) => {
    const stdin = { contents, loader, resolveDir: join(root, 'src', 'report', 'client') };
    return (await esbuild.build({ ...shared, stdin, format: 'iife', target: 'es2022' })).outputFiles[0].text;
  };
  const script = await bundleOf("import './main.ts';", 'ts');
  const notice = '/* With uPlot: Copyright (c) Leon Sorokin, MIT License, https://github.com/leeoniya/uPlot */\n';
  const style = await bundleOf("@import 'uplot/dist/uPlot.min.css'; @import './style.css';", 'css');
  if (script.includes('</script') || style.includes('</style')) throw new Error('the page would end early');
  const text = `// Made by scripts/build.js from client/ and uPlot.
export const clientScript = ${JSON.stringify(notice + script)};
export const clientStyle = ${JSON.stringify(style)};
`;
  if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
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
      entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
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

mkdirSync('dist', { recursive: true });
await buildKernels();
await buildReportClient();
await buildBundles();
if (!process.argv.includes('--no-types')) {
  rmSync('dist/types', { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.types.json'], {
    stdio: 'inherit',
  });
  // Declarations name only what a user installs.
  writeFileSync('dist/types/tf.d.ts', "export * from '@tensorflow/tfjs';\n");
}
