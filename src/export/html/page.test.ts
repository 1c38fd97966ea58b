import { gunzipSync, gzipSync } from 'node:zlib';
import { dataIds, type PageFacts } from '../../browser/payload.js';
import { page } from './page.js';

const facts: PageFacts = {
  ...{
    name: '<img src=x onerror=alert(1)>',
    summary: 'a & b.',
    nLayer: 1,
    vocabSize: 3,
    blockSize: 4,
    reach: 4,
    rotary: false,
  },
  ...{
    cache: { heads: 1, width: 2 },
    tokenizer: { a: '</script><script>alert(1)</script><!--' },
    endOfText: '',
    ends: [],
  },
};
const parts = {
  ...{ facts, script: 'const x = "</script><!-- <script>";', style: 'p { content: "</style>" }' },
  ...{ runtime: gzipSync('runtime'), model: gzipSync('model') },
};

/** The scripts of a page as a browser cuts them out: from a start tag to the first end tag. */
function scriptsOf(html: string): { attributes: string; text: string }[] {
  return [...html.matchAll(/<script([^>]*)>([\s\S]*?)<\/script>/gi)].map(([, attributes, text]) => {
    return { attributes: attributes!, text: text! };
  });
}

test('hostile names, tokens and code end no element', () => {
  const html = page(parts);
  expect(html).not.toContain('<img');
  expect(html.match(/<\/style>/g)).toHaveLength(1);
  const scripts = scriptsOf(html);
  expect(scripts.map(({ attributes }) => /id="(.*?)"/.exec(attributes)?.[1] ?? attributes.trim())).toEqual([
    ...Object.values(dataIds),
    'type="module"',
  ]);
  expect(JSON.parse(scripts[0]!.text)).toEqual(facts);
  expect(new Function(`${scripts[3]!.text}; return x`)()).toBe('</script><!-- <script>');
  for (const [place, content] of [
    [1, 'model'],
    [2, 'runtime'],
  ] as const)
    expect(gunzipSync(Buffer.from(scripts[place]!.text, 'base64')).toString()).toBe(content);
});

test('the page asks for a prompt, a message, a text, or a text with choices, by what the model does', () => {
  const asks = (more: Partial<PageFacts>) =>
    [...page({ ...parts, facts: { ...facts, ...more } }).matchAll(/<textarea id="(\w+)"/g)].map(([, id]) => id);
  expect(asks({})).toEqual(['prompt']);
  expect(asks({ labels: ['a', 'b'], choices: false })).toEqual(['text']);
  expect(asks({ labels: ['choice'], choices: true })).toEqual(['text', 'choices']);
  expect(page({ ...parts, facts: { ...facts, chat: { template: '', tokens: {} } } })).toContain('>message<');
});
