// The server on its port, from listening to the end of the last request.
import type { Server } from 'node:http';
import { basename, resolve } from 'node:path';
import { serve as listen } from '@hono/node-server';
import type { ServeConfig } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import { App } from './app.js';
import { openServed, type Served } from './model.js';

export interface RunningServer {
  readonly url: string;
  readonly kind: Served['kind'];
  /** Accepts no more connections, waits for the requests that are under way, and frees the model. */
  close(): Promise<void>;
}

const loopback = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Opens the model and listens.
 * @param onError gets errors that are bugs
 * @throws GptError `serve/port` when the address cannot be had, and those of opening a model
 */
export async function* startServer(
  run: string,
  config: ServeConfig,
  onError: (error: unknown) => void,
): AsyncGenerator<NoticeEvent, RunningServer> {
  const { host, port, apiKey, queue, maxBodyBytes, maxBatch } = config;
  const served = yield* openServed(run, config);
  const local = loopback.has(host);
  const hosts = local ? new Set(['localhost', '127.0.0.1', '[::1]']) : undefined;
  const name = nameOf(run);
  const app = new App({ served, name, apiKey: apiKey ?? undefined, queue, maxBatch, maxBodyBytes, hosts, onError });
  let server: Server;
  try {
    server = await listening(app, host, port);
  } catch (error) {
    await served.close();
    throw error;
  }
  if (!local && apiKey === null) {
    const message = `${host} is reached from other machines and there is no --api-key: anybody there can use the model`;
    yield { event: 'notice', level: 'warning', message };
  }
  const address = server.address() as { readonly port: number };
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    kind: served.kind,
    close: async () => {
      app.stop();
      const closed = new Promise((done) => server.close(done));
      server.closeIdleConnections();
      await closed;
      await served.close();
    },
  };
}

/** runs/book/best is called book. */
function nameOf(run: string): string {
  const names = resolve(run).split(/[\\/]/);
  return names.findLast((name) => !['best', 'last', ''].includes(name)) ?? basename(run);
}

function listening(app: App, hostname: string, port: number): Promise<Server> {
  return new Promise((done, failed) => {
    const server = listen({ fetch: app.hono.fetch, hostname, port }, () => done(server)) as Server;
    server.requestTimeout = 60_000;
    server.headersTimeout = 20_000;
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'another program listens there',
        EACCES: 'no permission',
        EADDRNOTAVAIL: 'this machine has no such address',
        ENOTFOUND: 'there is no such host',
      };
      const why = reasons[error.code ?? ''] ?? error.message;
      failed(
        new GptError('serve/port', `cannot listen on ${hostname}, port ${port}: ${why}`, { hint: 'try --port 0' }),
      );
    });
  });
}
