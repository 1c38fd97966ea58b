// Conversations with the built program: finetuned, talked to, served, stopped.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events, program, run, workspace } from './program.js';

const { path, write } = workspace();
const onPosix = process.platform === 'win32' ? test.skip : test;
const line = (...messages: object[]) => JSON.stringify({ messages });
const say = (role: string, content: unknown, more: object = {}) => ({ role, content, ...more });
const call = { id: '1', type: 'function', function: { name: 'weather', arguments: '{}' } };
const talks = [
  ...Array.from({ length: 12 }, (_, i) => line(say('user', `hello ${i}`), say('assistant', `hi ${i}`))),
  line(
    say('developer', 'be brief'),
    say('user', 'weather?'),
    say('assistant', null, { tool_calls: [call] }),
    say('tool', 'sun', { tool_call_id: '1' }),
    say('assistant', [{ type: 'text', text: 'Sunny.' }]),
  ),
  line(say('user', 'a'), say('constructor', 'this must not be learned')),
];
const shape = ['--tokenizer', 'byte', '--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '4096'];

beforeAll(async () => {
  const data = write('talks.jsonl', `${talks.join('\n')}\n`);
  const flags = ['--max-iters', '2', '--val-split', '0', '--threads', '1', '-o', path('chat'), '--json'];
  const result = await run(['finetune', data, ...shape, ...flags]);
  expect(events(result).at(-1)).toMatchObject({ event: 'done' });
  expect(result.stderr).toContain('the chat template knows no tools; the row is skipped');
  expect(result.stderr).toContain('a role is not one of');
});

test('a run finetuned on conversations keeps its template; the tool row is trained where the template has tools', async () => {
  const config = JSON.parse(readFileSync(join(path('chat'), 'last', 'tokenizer_config.json'), 'utf8'));
  expect(config.chat_template).toContain('User: ');
  const template = `{% for m in messages %}<{{ m.role }}>{{ m.content or '' }}{% for c in m.tool_calls or [] %}{{ c.function.name }}{% endfor %}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}`;
  write('chat/best/chat_template.jinja', template);
  const data = write('tools.jsonl', `${talks[12]}\n`);
  const flags = ['--from', path('chat'), '--max-iters', '1', '--val-split', '0', '--threads', '1', '--json'];
  const result = await run(['finetune', data, ...flags, '-o', path('tools')]);
  expect(events(result)[0]).toMatchObject({ examples: { train: 1 } });
  const kept = JSON.parse(readFileSync(join(path('tools'), 'last', 'tokenizer_config.json'), 'utf8'));
  expect(kept.chat_template).toBe(template);
});

test('a pipe is answered turn by turn, and the second turn reads only what is new', async () => {
  const flags = ['--json', '--threads', '1', '--max-new-tokens', '5', '--greedy'];
  const result = await run(['chat', path('tools'), ...flags], { stdin: 'hello\nbye\n' });
  const [first, second] = events(result) as { promptTokens: number; reusedTokens: number }[];
  expect(first).toMatchObject({ event: 'answer', reusedTokens: 0 });
  expect(second!.reusedTokens).toBeGreaterThanOrEqual(first!.promptTokens);
});

interface Started {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<number | null>;
}

function begin(args: readonly string[]): Started {
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' },
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, out: () => out, err: () => err, ended };
}

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !condition(); i++) await new Promise((wake) => setTimeout(wake, 20));
  expect(condition()).toBe(true);
}

onPosix('Ctrl-C stops the answer, not the program; at the prompt it ends it', async () => {
  const flags = ['--max-new-tokens', '4000', '--threads', '1', '--temperature', '1'];
  const chat = begin(['chat', path('chat'), ...flags]);
  chat.child.stdin!.write('hello\n');
  await until(() => chat.out().length > 5);
  chat.child.kill('SIGINT');
  await until(() => chat.err().includes('stopped'));
  chat.child.stdin!.write('/undo\n');
  await until(() => chat.err().includes('the last turn is forgotten'));
  chat.child.kill('SIGINT');
  expect(await chat.ended).toBe(130);
});

onPosix('SIGTERM ends the server after the answer that is under way', async () => {
  const server = begin(['serve', path('tools'), '--port', '0', '--threads', '1', '--json']);
  await until(() => server.out().includes('listening'));
  const { url } = JSON.parse(server.out()) as { url: string };
  const asked = fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'a', max_tokens: 300, seed: 1 }),
  });
  await new Promise((wake) => setTimeout(wake, 50));
  server.child.kill('SIGTERM');
  const { choices } = (await (await asked).json()) as { choices: { text: string }[] };
  expect(choices).toHaveLength(1);
  expect(await server.ended).toBe(130);
  const sampled = await run([
    'sample',
    path('tools'),
    '--prompt',
    'a',
    '--max-new-tokens',
    '300',
    '--seed',
    '1',
    '--json',
  ]);
  expect(events(sampled)[0]).toMatchObject({ text: choices[0]!.text });
});

test('a port that is taken is an error', async () => {
  const server = begin(['serve', path('tools'), '--port', '0', '--threads', '1', '--json']);
  await until(() => server.out().includes('listening'));
  const { port } = new URL((JSON.parse(server.out()) as { url: string }).url);
  const second = await run(['serve', path('tools'), '--port', port, '--threads', '1']);
  server.child.kill();
  await server.ended;
  expect([second.code, second.stderr]).toEqual([2, expect.stringContaining('another program listens there')]);
});
