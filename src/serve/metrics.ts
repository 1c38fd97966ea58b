// Counters and histograms in the text format of Prometheus. Knows no network.

const buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

class Histogram {
  private readonly counts = new Array<number>(buckets.length).fill(0);
  private sum = 0;
  private count = 0;

  constructor(
    private readonly name: string,
    private readonly help: string,
  ) {}

  /** @param seconds at least 0 */
  observe(seconds: number): void {
    this.sum += seconds;
    this.count++;
    for (const [i, bound] of buckets.entries()) if (seconds <= bound) this.counts[i]!++;
  }

  lines(): string[] {
    const { name } = this;
    return [
      `# HELP ${name} ${this.help}`,
      `# TYPE ${name} histogram`,
      ...buckets.map((bound, i) => `${name}_bucket{le="${bound}"} ${this.counts[i]}`),
      `${name}_bucket{le="+Inf"} ${this.count}`,
      `${name}_sum ${this.sum}`,
      `${name}_count ${this.count}`,
    ];
  }
}

/** How the model is decoding now. */
export interface Decoding {
  /** Texts in the batch. */
  readonly texts: number;
  /** Compiled so far. */
  readonly programs: number;
  readonly compileSeconds: number;
}

/** Seconds that the rate of tokens is an average over. */
const window = 10;

export class Metrics {
  private readonly requests = new Map<string, number>();
  promptTokens = 0;
  private generatedTokens = 0;
  /** Tokens of the last seconds, each with its second. */
  private readonly recent: { readonly second: number; tokens: number }[] = [];
  cancelled = 0;
  readonly firstToken = new Histogram('gpt_cli_time_to_first_token_seconds', 'From the request to its first token.');
  readonly duration = new Histogram('gpt_cli_request_duration_seconds', 'From the request to the end of its answer.');

  /** A token was drawn. */
  drawn(): void {
    this.generatedTokens++;
    const second = Math.floor(performance.now() / 1000);
    const last = this.recent.at(-1);
    if (last?.second === second) last.tokens++;
    else {
      this.recent.push({ second, tokens: 1 });
      while (this.recent[0]!.second < second - window) this.recent.shift();
    }
  }

  private get tokensPerSecond(): number {
    const now = Math.floor(performance.now() / 1000);
    const counted = this.recent.filter(({ second }) => second < now && second >= now - window);
    return counted.reduce((sum, { tokens }) => sum + tokens, 0) / window;
  }

  /** @param path one of the server's own; anything else is counted as `other` */
  count(path: string, status: number): void {
    const labels = `path="${path}",status="${status}"`;
    this.requests.set(labels, (this.requests.get(labels) ?? 0) + 1);
  }

  text(queue: { readonly running: number; readonly waiting: number }, decoding: Decoding): string {
    const single = (name: string, type: string, help: string, value: number) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      `${name} ${value}`,
    ];
    return `${[
      '# HELP gpt_cli_requests_total Requests by path and status.',
      '# TYPE gpt_cli_requests_total counter',
      ...[...this.requests].map(([labels, n]) => `gpt_cli_requests_total{${labels}} ${n}`),
      ...single('gpt_cli_prompt_tokens_total', 'counter', 'Tokens of prompts.', this.promptTokens),
      ...single('gpt_cli_generated_tokens_total', 'counter', 'Tokens that were generated.', this.generatedTokens),
      ...single('gpt_cli_cancelled_total', 'counter', 'Requests whose client went away.', this.cancelled),
      ...single('gpt_cli_requests_running', 'gauge', 'Answers that are written now.', queue.running),
      ...single('gpt_cli_requests_waiting', 'gauge', 'Answers that wait for their turn.', queue.waiting),
      ...single('gpt_cli_batch_rows', 'gauge', 'Texts in the decoding batch.', decoding.texts),
      ...single('gpt_cli_tokens_per_second', 'gauge', 'Generated tokens, mean of 10 seconds.', this.tokensPerSecond),
      ...single('gpt_cli_compiled_programs_total', 'counter', 'Compiled programs.', decoding.programs),
      ...single('gpt_cli_compile_seconds_total', 'counter', 'Time that compiling took.', decoding.compileSeconds),
      ...single('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
      ...this.firstToken.lines(),
      ...this.duration.lines(),
    ].join('\n')}\n`;
  }
}
