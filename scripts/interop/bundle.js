// Bundles tool.ts from the sources, tfjs included, so that Python can call it: node scripts/interop/bundle.js OUTFILE
import { readFileSync } from 'node:fs';
import * as esbuild from 'esbuild';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
await esbuild.build({
  entryPoints: ['scripts/interop/tool.ts'],
  outfile: process.argv[2],
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  logLevel: 'error',
  legalComments: 'none',
  external: [...Object.keys(dependencies), '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'],
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
