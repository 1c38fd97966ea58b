// The commands by name. A module is loaded only when its command is named, so that help answers at once.
import type { Command } from 'commander';
import type { Context } from './context.js';

/** What a file in commands/ exports. Its heavy imports belong inside the action. */
export interface CommandModule {
  /** Adds arguments, options, help and the action to the bare command. */
  readonly define: (command: Command, context: Context) => void;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

export const entries: readonly CommandEntry[] = [
  { name: 'pretrain', summary: 'train a GPT on text', load: () => import('./commands/pretrain.js') },
  {
    name: 'finetune',
    summary: 'train a GPT on labelled data: a classifier, instructions, more text',
    load: () => import('./commands/finetune.js'),
  },
  {
    name: 'launch',
    summary: 'several workers of pretrain or finetune on this machine',
    load: () => import('./commands/launch.js'),
  },
  { name: 'sample', summary: 'generate text with a trained GPT', load: () => import('./commands/sample.js') },
  { name: 'chat', summary: 'a conversation with a trained GPT', load: () => import('./commands/chat.js') },
  { name: 'serve', summary: "a trained GPT behind OpenAI's HTTP interface", load: () => import('./commands/serve.js') },
  { name: 'classify', summary: 'label texts with a finetuned GPT', load: () => import('./commands/classify.js') },
  { name: 'eval', summary: 'loss, perplexity and bits per byte on a text', load: () => import('./commands/eval.js') },
  {
    name: 'explain',
    summary: 'why the model says what it says: surprise, logit lens, attention heads',
    load: () => import('./commands/explain.js'),
  },
  {
    name: 'report',
    summary: 'one page for one or more runs: curves, settings, samples, parameters',
    load: () => import('./commands/report.js'),
  },
  { name: 'tokenizer', summary: 'train, use and describe tokenizers', load: () => import('./commands/tokenizer.js') },
  {
    name: 'inspect',
    summary: 'config, parameters, training state',
    load: () => import('./commands/inspect.js'),
  },
  {
    name: 'import',
    summary: 'a pretrained model from a GGUF file (Llama, Qwen3, GPT-2)',
    load: () => import('./commands/import.js'),
  },
  {
    name: 'export',
    summary: 'a trained model for other programs: llama.cpp, transformers.js, a browser',
    load: () => import('./commands/export.js'),
  },
  {
    name: 'quantize',
    summary: 'a trained model with weights of 8 or 4 bits',
    load: () => import('./commands/quantize.js'),
  },
  { name: 'data', summary: 'check training data', load: () => import('./commands/data.js') },
  { name: 'doctor', summary: 'engines, versions, measured speed', load: () => import('./commands/doctor.js') },
  { name: 'setup', summary: 'fetch the library of an engine', load: () => import('./commands/setup.js') },
  {
    name: 'config',
    summary: 'the settings: presets, defaults, JSON schema',
    load: () => import('./commands/config.js'),
  },
];
