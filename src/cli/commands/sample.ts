// gpt-cli sample: a prompt in, text out as it is written. The work is in generate/sample.
import type { Command } from 'commander';
import { resolve } from '../../config/index.js';
import { readWhole } from '../../dataset/read-whole.js';
import { GptError } from '../../errors.js';
import type {
  LogprobEntry,
  PromptEvent,
  PromptsEvent,
  SampleEvent,
  SamplingEvent,
  TokenLogprobs,
} from '../../events.js';
import { quoteWord } from '../../shell-quote.js';
import type { Context } from '../context.js';
import { count, table } from '../format.js';
import { LiveBar } from '../live/bar.js';
import { memorizedLines } from '../memorized.js';
import { addSettings, layersOf } from '../options.js';
import { showWork, type Work } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli sample runs/book                            from the beginning-of-text token
  gpt-cli sample runs/book --prompt "Once upon a time" --max-new-tokens 500
  gpt-cli sample runs/book --prompt-file start.txt --top-k 40 --num-samples 3
  gpt-cli sample runs/book --num-samples 5 --check-memorized
  gpt-cli sample runs/book --prompt "Once" --beams 4 --no-repeat-ngram 3
  gpt-cli sample runs/book --prompts prompts.jsonl > texts.jsonl
  echo "To be" | gpt-cli sample runs/book - --stop "." --json

Texts are decoded together, --max-batch at a time; with a seed a text does not depend on the others. A line of --prompts is
{"prompt": "..."}, {"messages": [...]} or a JSON string, in a .txt file a prompt; other fields are kept in the output.
A prompt that is longer than the model's context is cut: the model sees its end. Once the context is full, a model with
rotary positions drops the oldest token for each new one; others read the whole window again for each token, which is slow.`;

interface SampleFlags {
  readonly prompt?: string;
  readonly promptFile?: string;
  readonly prompts?: string;
  readonly stop?: readonly string[];
  readonly stream: boolean;
}

async function readPrompt(
  input: string | undefined,
  flags: SampleFlags,
  context: Context,
): Promise<string | undefined> {
  const ways = [flags.prompt, flags.promptFile, flags.prompts, input].filter((way) => way !== undefined);
  if (ways.length > 1) {
    throw new GptError('cli/prompt', 'there is more than one prompt', {
      hint: 'use one of --prompt, --prompt-file, --prompts and -',
    });
  }
  if (input !== undefined && input !== '-') {
    throw new GptError('cli/prompt', `unexpected argument ${JSON.stringify(input)}`, {
      hint: `did you mean --prompt ${quoteWord(input)}; only - (standard input) may follow the run`,
    });
  }
  const signal = context.stopOnInterrupt();
  const { stdin } = context.streams;
  if (input === '-') {
    const text = await readWhole({ name: 'standard input', kind: 'stdin' }, { stdin, signal });
    return text.replace(/\r?\n$/, ''); // `echo` ends its line: the text continues in it
  }
  return flags.promptFile === undefined
    ? flags.prompt
    : readWhole({ name: flags.promptFile, kind: 'file' }, { signal });
}

/** Writes prompt and text, several samples under a heading each. */
function showTexts(context: Context, { many, stream }: { many: boolean; stream: boolean }): ShowSamples {
  const { dim } = context.paint;
  const write = (text: string) => context.write(text);
  let open = -1;
  const begin = (index: number, prompt: string) => {
    open = index;
    if (many) write(`${dim(`--- sample ${index + 1} ---`)}\n`);
    write(dim(prompt));
  };
  return {
    piece: (index, prompt, text) => {
      if (!stream) return;
      if (open !== index) begin(index, prompt);
      write(text);
    },
    sample: ({ index, prompt, text, tokens, finish, tokensPerSecond, logprobs, memorized }) => {
      if (open !== index) {
        begin(index, prompt);
        write(text);
      }
      write('\n');
      for (const line of logprobLines(logprobs ?? [])) context.print(line);
      if (memorized) for (const line of memorizedLines(memorized)) context.print(dim(line));
      if (context.streams.stdout.isTTY) {
        context.note(dim(`(${count(tokens.length)} tokens, ${finish}, ${tokensPerSecond.toFixed(1)} tokens/s)`));
      }
    },
  };
}

/** A line for each token: its probability, then the likeliest ones in its place. */
function logprobLines(logprobs: readonly TokenLogprobs[]): string[] {
  const cell = ({ token, logprob }: LogprobEntry) => [JSON.stringify(token), logprob.toFixed(3), percent(logprob)];
  const rows = logprobs.map(({ top, ...own }) => [
    ...cell(own),
    top.map((each) => `${JSON.stringify(each.token)} ${percent(each.logprob)}`).join('  '),
  ]);
  return table(rows, [1, 2]);
}

const percent = (logprob: number) => `${(100 * Math.exp(logprob)).toFixed(1)} %`;

/** Prints a line of JSON for each text of a file of prompts. */
async function showPrompts(events: AsyncIterable<PromptsEvent>, context: Context): Promise<void> {
  const bar =
    context.streams.stderr.isTTY && !context.quiet && !context.json ? new LiveBar(context.streams.stderr) : undefined;
  try {
    for await (const event of events) {
      if (event.event === 'phase') bar?.phase(event.name, event.done, event.total);
      else if (event.event === 'notice') {
        bar?.clear();
        if (event.level === 'warning') context.warn(event.message);
        else context.note(event.message);
      } else {
        if (context.streams.stdout.isTTY) bar?.clear();
        context.print(JSON.stringify({ ...event.given, ...lineOf(event) }));
      }
    }
  } finally {
    bar?.clear();
  }
}

function lineOf({ row, result }: PromptEvent): object {
  if ('error' in result) return { event: 'sample', index: row, error: result.error };
  const { prompt: _, ...line } = result;
  return line;
}

interface ShowSamples {
  readonly piece: (index: number, prompt: string, text: string) => void;
  readonly sample: (event: SampleEvent) => void;
}

async function show(
  events: AsyncIterable<SamplingEvent>,
  { prompt, texts, work }: { prompt: string; texts: ShowSamples; work: Work },
  context: Context,
): Promise<void> {
  try {
    for await (const event of events) {
      if (event.event === 'notice' || event.event === 'phase') work.on(event);
      else if (context.json) {
        if (event.event === 'sample') context.print(JSON.stringify(event));
      } else {
        work.close();
        if (event.event === 'piece') texts.piece(event.index, prompt, event.text);
        else texts.sample(event);
      }
    }
  } finally {
    work.close();
  }
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .argument('[input...]', '- reads the prompt from standard input, without its last line end')
    .option('-p, --prompt <text>', 'the text to continue')
    .option('--prompt-file <file>', 'the prompt, exactly as in the file (UTF-8, or UTF-16 with a byte order mark)')
    .option('--prompts <file>', 'many prompts: JSONL, or a .txt file with one per line; - is standard input')
    .option('--no-stream', 'write each text when it is complete');
  addSettings(command, 'sample').addHelpText('after', EXAMPLES);
  command.action(async (run: string, words: string[], flags: SampleFlags) => {
    // `--stop a b`: the words behind a text to stop at are more of them, since only - may follow the run.
    const more = flags.stop ? words.filter((word) => word !== '-') : [];
    const rest = words.filter((word) => !more.includes(word));
    if (rest.length > 1) {
      throw new GptError(
        'cli/prompt',
        `unexpected argument ${JSON.stringify(rest.find((word) => word !== '-') ?? '-')}`,
        {
          hint: 'only - (standard input) may follow the run',
        },
      );
    }
    const [input] = rest;
    const given = layersOf(command, 'sample');
    const layers = more.length > 0 ? [...given, { name: 'flag', values: { stop: [...flags.stop!, ...more] } }] : given;
    const { numSamples } = resolve('sample', layers).values;
    const prompt = await readPrompt(input, flags, context);
    if (flags.prompts !== undefined) {
      const name = flags.prompts === '-' ? 'standard input' : flags.prompts;
      const signal = context.stopOnInterrupt();
      const { stdin } = context.streams;
      const text = await readWhole({ name, kind: flags.prompts === '-' ? 'stdin' : 'file' }, { stdin, signal });
      const { promptRows, samplePrompts } = await import('../../generate/prompts.js');
      await showPrompts(samplePrompts({ run, prompts: promptRows(text, name), layers, signal }), context);
      return;
    }
    const { sample } = await import('../../generate/sample.js');
    const events = sample({ run, prompt, layers, signal: context.stopOnInterrupt() });
    const texts = showTexts(context, { many: numSamples > 1, stream: flags.stream });
    await show(events, { prompt: prompt ?? '', texts, work: showWork(context) }, context);
  });
}
