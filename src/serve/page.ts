// The page at /: a box to type into. One file without anything from elsewhere.

import { htmlPage } from '../html/page.js';
import { html } from '../html/template.js';

const style = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } input { color: inherit; background: #2a2a2a } }
#log p { white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 } .user { font-weight: 600 } .error { color: #c33 }
form { display: flex; gap: .5rem } input[type=text] { flex: 1; font: inherit; padding: .4rem } button { font: inherit }
label { font-size: .85rem }
`;

const script = (kind: 'writer' | 'labeller') => `
const log = document.querySelector('#log'), form = document.querySelector('form'), key = document.querySelector('#key');
const messages = [];
const add = (kind, text) => {
  const p = document.createElement('p');
  p.className = kind; p.textContent = text; log.append(p); p.scrollIntoView();
  return p;
};
const post = (path, body) => fetch(path, {
  method: 'POST', body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json', ...(key.value && { Authorization: 'Bearer ' + key.value }) },
});
async function chat(text) {
  messages.push({ role: 'user', content: text });
  const response = await post('/v1/chat/completions', { messages, stream: true });
  if (!response.ok) { messages.pop(); throw new Error((await response.json()).error.message); }
  const p = add('assistant', ''), reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = '';;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\\n\\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === 'data: [DONE]') continue;
      const chunk = JSON.parse(line.slice(6));
      if (chunk.error) throw new Error(chunk.error.message);
      p.textContent += chunk.choices[0]?.delta.content ?? '';
    }
  }
  messages.push({ role: 'assistant', content: p.textContent });
}
async function classify(text) {
  const response = await post('/classify', { input: text });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error.message);
  const scores = Object.entries(answer.data[0].scores).sort((a, b) => b[1] - a[1]);
  add('assistant', scores.map(([label, score]) => (100 * score).toFixed(1) + ' %  ' + label).join('\\n'));
}
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = form.elements.text, button = form.querySelector('button'), text = input.value;
  if (!text || button.disabled) return;
  button.disabled = true; input.value = ''; add('user', text);
  try { await ${kind === 'writer' ? 'chat' : 'classify'}(text); } catch (error) { add('error', error.message); }
  button.disabled = false; input.focus();
});
`;

/** @param kind what the model does @param name what it is called */
export function page(kind: 'writer' | 'labeller', name: string): string {
  const body = html`<h1>${name}</h1>
<div id="log" aria-live="polite"></div>
<form><input type="text" name="text" aria-label="text" autofocus autocomplete="off"><button>Send</button></form>
<p><label>API key <input type="password" id="key" autocomplete="off"></label></p>`;
  return htmlPage({
    title: name,
    style,
    body,
    script: script(kind),
    allow: { 'connect-src': "'self'", 'img-src': 'data:' },
    head: html`<link rel="icon" href="data:,">\n`,
  });
}
