// Imports point one way. Each rule names what a folder must not know.
const folder = (...names) => `^src/(${names.join('|')})/`;
/** Rooms named after what users do. */
const commands = ['pretrain', 'finetune', 'evaluate', 'classify', 'generate', 'explain', 'quantize', 'weights'];

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'trace-knows-no-gpt',
      severity: 'error',
      from: { path: folder('trace') },
      to: { path: '^src/(?!trace/|tf\\.ts|errors\\.ts|rng\\.ts)' },
    },
    {
      name: 'engine-knows-no-gpt',
      severity: 'error',
      from: { path: folder('engine') },
      to: { path: '^src/(?!engine/|cluster/|trace/|optimizer/|quantization/|files/|tf\\.ts|errors\\.ts|rng\\.ts)' },
    },
    {
      name: 'quantization-knows-numbers',
      severity: 'error',
      from: { path: folder('quantization') },
      to: { path: '^src/(?!quantization/)' },
    },
    {
      name: 'optimizer-knows-no-engine',
      severity: 'error',
      from: { path: folder('optimizer') },
      to: { path: '^src/(?!optimizer/|trace/|config/setting\\.ts|tf\\.ts|errors\\.ts)' },
    },
    {
      name: 'cluster-knows-errors',
      severity: 'error',
      from: { path: folder('cluster') },
      to: { path: '^src/(?!cluster/|errors\\.ts)' },
    },
    {
      name: 'model-knows-no-engine',
      severity: 'error',
      from: { path: folder('model', 'ops') },
      to: { path: folder('engine', 'train', 'checkpoint', 'cli', 'dataset', 'tokenizer') },
    },
    {
      name: 'tensorboard-knows-events',
      severity: 'error',
      from: { path: folder('tensorboard') },
      to: { path: '^src/(?!tensorboard/|files/|events\\.ts|errors\\.ts)' },
    },
    {
      name: 'the-page-of-a-report-knows-itself',
      severity: 'error',
      from: { path: '^src/report/client/' },
      to: { path: '^src/(?!report/client/|report/page/data\\.ts)' },
    },
    {
      name: 'report-is-near-the-top',
      severity: 'error',
      from: { path: '^src/(?!report/|cli/|index\\.ts)' },
      to: { path: folder('report') },
    },
    {
      name: 'train-saves-nothing',
      severity: 'error',
      from: { path: folder('train') },
      to: { path: folder('checkpoint', 'cli') },
    },
    {
      name: 'sample-reads-nothing',
      severity: 'error',
      from: { path: folder('sample') },
      to: { path: folder('checkpoint', 'cli', 'dataset') },
    },
    {
      name: 'files-know-errors',
      severity: 'error',
      from: { path: folder('files') },
      to: { path: '^src/(?!files/|errors\\.ts)' },
    },
    {
      name: 'session-knows-no-run',
      severity: 'error',
      from: { path: folder('session', 'scoring') },
      to: { path: folder('run', ...commands) },
    },
    {
      name: 'run-knows-no-command',
      severity: 'error',
      from: { path: folder('run') },
      to: { path: folder(...commands) },
    },
    {
      // Pretraining shows samples on the way.
      name: 'commands-stand-alone',
      severity: 'error',
      from: { path: `^src/(${commands.join('|')})/` },
      to: { path: folder(...commands), pathNot: ['^src/$1/', '^src/generate/text-model\\.ts'] },
    },
    {
      name: 'jit-knows-no-gpt',
      severity: 'error',
      from: { path: folder('jit') },
      to: { path: '^src/(?!jit/|engine/|trace/|ops/dropout\\.ts|tf\\.ts|errors\\.ts)' },
    },
    {
      name: 'layers-know-no-engine',
      severity: 'error',
      from: { path: folder('layers') },
      to: { path: folder('engine', 'train', 'run', 'cli', 'jit', 'sample') },
    },
    {
      name: 'chat-knows-no-model',
      severity: 'error',
      from: { path: folder('chat') },
      to: { path: '^src/(?!chat/|tokenizer/|files/|errors\\.ts)' },
    },
    {
      name: 'serve-is-near-the-top',
      severity: 'error',
      from: { path: '^src/(?!serve/|converse/|cli/)' },
      to: { path: folder('serve', 'converse') },
    },
    {
      name: 'html-knows-no-run',
      severity: 'error',
      from: { path: folder('html') },
      to: { path: '^src/(?!html/|visible-text\\.ts)' },
    },
    {
      // They run in a browser.
      name: 'page-scripts-know-no-program',
      severity: 'error',
      from: { path: '^src/.*/page/client/' },
      to: { path: '^src/(?!.*/page/(?:client/|data\\.ts)|visible-text\\.ts)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'memorization-is-near-the-top',
      severity: 'error',
      from: { path: '^src/(?!memorization/|generate/|cli/|index\\.ts)' },
      to: { path: folder('memorization') },
    },
    {
      name: 'export-knows-no-run',
      severity: 'error',
      from: { path: folder('export') },
      to: { path: folder('train', 'run', 'session', ...commands) },
    },
    {
      // What a page cannot have: files, engines, zod. The three stand-ins of browser/ are scripts/build.js' matter.
      name: 'browser-knows-pure-code',
      severity: 'error',
      from: { path: folder('browser') },
      to: { path: '^src/(?!browser/|tokenizer/|sample/|chat/template\\.ts|dataset/labelled/encode\\.ts|errors\\.ts)' },
    },
    { name: 'cli-is-the-top', severity: 'error', from: { path: '^src/(?!cli/)' }, to: { path: folder('cli') } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '\\.test\\.ts$|\\.assembly\\.ts$' },
    doNotFollow: { path: 'node_modules' },
  },
};
