// The routes. A request is checked, waits for its turn, joins those that are being answered, and is given up when its client goes
// away.
import { createHash, timingSafeEqual } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { AnswerForm, type Choice, usageOf } from './answers.js';
import { generateAnswer, idsOfChat, idsOfPrompt, requireRoom } from './generation.js';
import { interleaved } from './interleaved.js';
import { type Decoding, Metrics } from './metrics.js';
import type { Labeller, Served, Writer } from './model.js';
import { page } from './page.js';
import { Queue, QueueFull } from './queue.js';
import { Refusal, refusalOf } from './refusal.js';
import { chatRequest, classifyRequest, completionRequest, type GenerationRequest } from './requests.js';

export interface AppOptions {
  readonly served: Served;
  /** What the model is called. */
  readonly name: string;
  readonly apiKey: string | undefined;
  /** Requests that may wait. */
  readonly queue: number;
  /** Texts that are written at the same time. */
  readonly maxBatch: number;
  readonly maxBodyBytes: number;
  /** Names of this machine that a Host header may have; undefined: any. */
  readonly hosts: ReadonlySet<string> | undefined;
  /** Gets what is a bug. */
  readonly onError: (error: unknown) => void;
}

interface Job {
  readonly request: GenerationRequest;
  readonly prompts: readonly (readonly number[])[];
  readonly chat: boolean;
}

/** What a request waits for, and what ends its waiting. */
interface Turn {
  readonly signal: AbortSignal;
  /** When the request came, performance.now(). */
  readonly began: number;
  readonly leave: () => void;
}

interface ChoiceOptions {
  readonly index: number;
  readonly turn: Promise<() => void>;
  readonly signal: AbortSignal;
  readonly drawn: () => void;
}

/** More of a choice, and the tokens of one that has ended. */
interface Part {
  readonly index: number;
  readonly choice: Choice;
  readonly tokens: number;
}

const paths = ['/v1/chat/completions', '/v1/completions', '/v1/models', '/classify', '/healthz', '/metrics', '/'];
/** Without a key. */
const open = new Set(['/', '/healthz']);

export class App {
  readonly metrics = new Metrics();
  readonly queue: Queue;
  readonly hono = new Hono();
  private readonly created = Math.floor(Date.now() / 1000);
  private stopping = false;

  constructor(private readonly options: AppOptions) {
    this.queue = new Queue(options.queue, options.served.kind === 'writer' ? options.maxBatch : 1);
    this.guard();
    this.routes();
  }

  /** From now on new requests are refused with 503. */
  stop(): void {
    this.stopping = true;
  }

  private guard(): void {
    const { hono, options, metrics } = this;
    hono.onError((error, c) => {
      if (c.req.raw.signal.aborted) return c.body(null, 499 as never);
      if (error instanceof QueueFull) {
        c.header('Retry-After', '1');
        return c.json(new Refusal(429, `${error.message}; try again`, { code: 'queue_full' }).body() as object, 429);
      }
      const refusal = refusalOf(error);
      if (refusal.status === 500) options.onError(error);
      return c.json(refusal.body() as object, refusal.status);
    });
    hono.notFound((c) => c.json(new Refusal(404, `there is no ${c.req.method} ${c.req.path}`).body() as object, 404));
    hono.use(async (c, next) => {
      await next();
      metrics.count(paths.includes(c.req.path) ? c.req.path : 'other', c.res.status);
    });
    hono.use(async (c, next) => {
      const host = (c.req.header('host') ?? '').replace(/:\d+$/, '').toLowerCase();
      if (options.hosts && !options.hosts.has(host)) {
        throw new Refusal(
          403,
          `this server answers as ${[...options.hosts].join(', ')}, not as ${JSON.stringify(host)}`,
        );
      }
      if (!open.has(c.req.path)) requireKey(c, options.apiKey);
      if (this.stopping && c.req.method === 'POST') throw new Refusal(503, 'the server is stopping');
      await next();
    });
    const tooLarge = () => new Refusal(413, `the body has more than ${options.maxBodyBytes} bytes`);
    hono.use(bodyLimit({ maxSize: options.maxBodyBytes, onError: (c) => c.json(tooLarge().body() as object, 413) }));
  }

  private routes(): void {
    const { hono, options } = this;
    const { served, name } = options;
    hono.get('/healthz', (c) => c.json({ status: this.stopping ? 'stopping' : 'ok' }, this.stopping ? 503 : 200));
    hono.get('/metrics', (c) =>
      c.text(this.metrics.text(this.queue, this.decoding()), 200, { 'Content-Type': 'text/plain; version=0.0.4' }),
    );
    const model = { id: name, object: 'model', created: this.created, owned_by: 'gpt-cli' };
    hono.get('/v1/models', (c) => c.json({ object: 'list', data: [model] }));
    hono.get('/', (c) => c.html(page(served.kind, name)));
    hono.post('/v1/chat/completions', async (c) => {
      const writer = writerOf(served);
      const request = chatRequest(await jsonOf(c));
      const prompts = [idsOfChat(writer, request.messages, request.tools)];
      return this.generate(c, writer, { request, prompts, chat: true });
    });
    hono.post('/v1/completions', async (c) => {
      const writer = writerOf(served);
      const request = completionRequest(await jsonOf(c));
      const prompts = request.prompts.map((prompt) => idsOfPrompt(writer, prompt));
      return this.generate(c, writer, { request, prompts, chat: false });
    });
    hono.post('/classify', async (c) => this.classify(c, labellerOf(served)));
  }

  private async classify(c: Context, labeller: Labeller): Promise<Response> {
    const texts = classifyRequest(await jsonOf(c));
    const { signal } = c.req.raw;
    const leave = await this.queue.enter(signal);
    try {
      const results = await labeller.label(texts, signal);
      const tokens = results.reduce((sum, result) => sum + result.tokens, 0);
      this.metrics.promptTokens += tokens;
      const data = results.map(({ label, scores }, index) => ({ index, label, scores }));
      return c.json({ object: 'list', model: this.options.name, data, usage: usageOf(tokens, 0) });
    } finally {
      leave();
    }
  }

  private async generate(c: Context, writer: Writer, job: Job): Promise<Response> {
    const { request, prompts, chat } = job;
    for (const ids of prompts) requireRoom(writer, ids);
    const { tokenizer } = writer.assistant;
    const form = new AnswerForm(chat, this.options.name, tokenizer, request.topLogprobs !== undefined);
    const gone = new AbortController();
    const signal = AbortSignal.any([c.req.raw.signal, gone.signal]);
    const began = performance.now();
    const leave = await this.queue.enter(signal);
    const work = this.answers(writer, job, { signal, began, leave });
    if (request.stream) return this.stream(form, job, work, gone);
    const choices = new Map<number, Choice>();
    let completion = 0;
    for await (const { index, choice, tokens } of work) {
      const before = choices.get(index) ?? { text: '', finish: null, logprobs: [] };
      const logprobs = [...before.logprobs, ...choice.logprobs];
      choices.set(index, { text: before.text + choice.text, finish: choice.finish, logprobs });
      completion += tokens;
    }
    const prompt = prompts.reduce((sum, ids) => sum + ids.length, 0);
    const inOrder = [...choices].sort(([a], [b]) => a - b).map(([, choice]) => choice);
    return c.json(form.whole(inOrder, usageOf(prompt, completion)) as object);
  }

  /** Every choice piece by piece, all at the same time. A choice waits for its turn; only the first one's has come. */
  private async *answers(writer: Writer, job: Job, { signal, began, leave }: Turn): AsyncGenerator<Part> {
    const { request, prompts } = job;
    const seconds = () => (performance.now() - began) / 1000;
    const ended = new AbortController();
    const all = AbortSignal.any([signal, ended.signal]);
    let waiting = true;
    const drawn = () => {
      if (waiting) this.metrics.firstToken.observe(seconds());
      waiting = false;
      this.metrics.drawn();
    };
    // One choice of a request waits in line at a time, so that one with many does not keep others from theirs.
    const turns = [Promise.resolve(leave)];
    const count = prompts.length * request.n;
    for (let index = 1; index < count; index++) {
      const turn = turns[index - 1]!.then(() => this.queue.join(all));
      turn.catch(() => {});
      turns.push(turn);
    }
    let finished = false;
    try {
      for (const ids of prompts) this.metrics.promptTokens += ids.length;
      const choices = turns.map((turn, index) => this.choice(writer, job, { index, turn, signal: all, drawn }));
      yield* interleaved(choices);
      this.metrics.duration.observe(seconds());
      finished = true;
    } finally {
      ended.abort(new DOMException('the request has ended', 'AbortError'));
      for (const turn of turns) void turn.then((done) => done()).catch(() => {});
      // A client that leaves ends this generator by an error, or where it waits to give the next piece.
      if (!finished && signal.aborted) this.metrics.cancelled++;
    }
  }

  /** One choice, once its turn has come. A chat's answer begins without white space. */
  private async *choice(
    writer: Writer,
    { request, prompts, chat }: Job,
    { index, turn, signal, drawn }: ChoiceOptions,
  ): AsyncGenerator<Part> {
    const leave = await turn;
    try {
      const ids = prompts[Math.floor(index / request.n)]!;
      let blank = chat;
      for await (const event of generateAnswer(writer, ids, request, {
        index: index % request.n,
        signal,
        chat,
        drawn,
      })) {
        if (event.kind === 'end') {
          const choice: Choice = { text: '', finish: event.finish, logprobs: event.logprobs };
          yield { index, choice, tokens: event.completionTokens };
          continue;
        }
        const text = blank ? event.text.trimStart() : event.text;
        blank &&= text === '';
        yield { index, choice: { text, finish: null, logprobs: event.logprobs }, tokens: 0 };
      }
    } finally {
      leave();
    }
  }

  private decoding(): Decoding {
    const { served } = this.options;
    if (served.kind === 'labeller') return { texts: 0, programs: 0, compileSeconds: 0 };
    const { batch, passes } = served.assistant.text;
    return { texts: batch.texts, programs: passes.compiled.programs, compileSeconds: passes.compiled.seconds };
  }

  /** Server-sent events. What a slow reader has not read yet is kept, so that it holds nobody up. */
  private stream(
    form: AnswerForm,
    { request, prompts }: Job,
    work: AsyncGenerator<Part>,
    gone: AbortController,
  ): Response {
    const encoder = new TextEncoder();
    const { onError } = this.options;
    const run = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
      const send = (data: unknown) =>
        controller.enqueue(encoder.encode(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`));
      const lengths = new Map<number, number>();
      let completion = 0;
      try {
        for await (const { index, choice, tokens } of work) {
          const offset = lengths.get(index);
          send(form.chunk(index, choice, offset ?? 0, offset === undefined));
          lengths.set(index, (offset ?? 0) + choice.text.length);
          completion += tokens;
        }
        const prompt = prompts.reduce((sum, ids) => sum + ids.length, 0);
        if (request.includeUsage) send(form.usage(usageOf(prompt, completion)));
        send('[DONE]');
        controller.close();
      } catch (error) {
        if (gone.signal.aborted) return;
        const refusal = refusalOf(error);
        if (refusal.status === 500) onError(error);
        try {
          send(refusal.body());
          controller.close();
        } catch {} // the client is gone
      }
    };
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        void run(controller);
      },
      cancel: () => gone.abort(new DOMException('the client is gone', 'AbortError')),
    });
    const headers = { 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache' };
    return new Response(body, { headers });
  }
}

function writerOf(served: Served): Writer {
  if (served.kind === 'writer') return served;
  throw new Refusal(404, 'the model is a classifier: POST /classify with {"input": "..."}');
}

function labellerOf(served: Served): Labeller {
  if (served.kind === 'labeller') return served;
  throw new Refusal(404, 'the model writes text: POST /v1/chat/completions or /v1/completions');
}

/** @throws Refusal 415 for anything but JSON, which a web page could send without being asked; 400 for broken JSON */
async function jsonOf(c: Context): Promise<unknown> {
  const type = c.req.header('content-type') ?? '';
  if (!/^application\/(?:.+\+)?json\b/i.test(type))
    throw new Refusal(415, `the content type is ${JSON.stringify(type)}, it must be application/json`);
  try {
    return JSON.parse(await c.req.text());
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(400, `the body is not JSON: ${error.message}`);
    throw error;
  }
}

function requireKey(c: Context, key: string | undefined): void {
  if (key === undefined) return;
  const given = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
  const hash = (text: string) => createHash('sha256').update(text).digest();
  if (timingSafeEqual(hash(given), hash(key))) return;
  c.header('WWW-Authenticate', 'Bearer');
  const message = given === '' ? 'an API key is needed: Authorization: Bearer KEY' : 'the API key is wrong';
  throw new Refusal(401, message, { code: 'invalid_api_key' });
}
