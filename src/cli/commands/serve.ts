// gpt-cli serve: a model behind OpenAI's HTTP interface, until a signal stops it. The work is in serve/.
import type { Command } from 'commander';
import type { RunningServer } from '../../serve/index.js';
import type { Context } from '../context.js';
import { addSettings, configOf } from '../options.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli serve runs/chat
  gpt-cli serve runs/chat --port 9000 --host 0.0.0.0 --api-key secret
  curl localhost:8080/v1/chat/completions -H 'Content-Type: application/json' \\
    -d '{"messages": [{"role": "user", "content": "Hello"}], "stream": true}'

POST /v1/chat/completions, /v1/completions, /classify (classifiers); GET /v1/models, /healthz, /metrics, and a page at /.
The flags of sampling are the defaults of requests. Up to --max-batch answers are written together; others wait in a queue.
SIGTERM and Ctrl-C finish the requests that are under way. More in docs/chat.md.`;

export function define(command: Command, context: Context): void {
  command.argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder');
  addSettings(command, 'serve').addHelpText('after', EXAMPLES);
  command.action(async (run: string) => {
    const config = configOf(command, 'serve').values;
    const { startServer } = await import('../../serve/index.js');
    const work = showWork(context);
    const onError = (error: unknown) => context.complain(`${(error as Error)?.stack ?? String(error)}\n`);
    const starting = startServer(run, config, onError);
    let server: RunningServer;
    for (;;) {
      const { done, value } = await starting.next();
      if (done) {
        server = value;
        break;
      }
      work.on(value);
    }
    work.close();
    const stop = context.stopOnInterrupt();
    if (context.json) context.print(JSON.stringify({ event: 'listening', url: server.url }));
    else context.print(`listening on ${server.url}`);
    if (!stop.aborted) await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
    await server.close();
  });
}
