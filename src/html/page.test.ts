import { escapeHtml, jsonForScript } from './escape.js';
import { htmlPage } from './page.js';

const hostile =
  '</script><script>alert(1)</script><!-- <img src=x onerror=alert(2)> &amp; " \' \u202e \u001b[31m 👩‍👩‍👧';

test('text as HTML is worked by hand', () => {
  expect(escapeHtml(`<b a="1">'&'</b>`)).toBe('&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;');
});

test('data in a script element cannot end it, and comes back as it was', () => {
  const json = jsonForScript({ text: hostile });
  expect(json).not.toContain('<');
  expect(JSON.parse(json)).toEqual({ text: hostile });
});

test('numbers keep the digits that are asked for', () => {
  expect(jsonForScript([1 / 3, 1234567, 0, -2e-9], 3)).toBe('[0.333,1230000,0,-2e-9]');
});

test('a page holds only its own elements and lets only its own script run', () => {
  const page = htmlPage({ title: hostile, data: { hostile }, style: '.own {}', script: 'own()' });
  expect(page.match(/<script/g)).toHaveLength(2); // the data and the script
  expect(page.match(/<\/script>/g)).toHaveLength(2);
  expect(page).not.toContain('<img');
  expect(page).toContain('\\u202e'); // in the title, shown and not obeyed
  const title = page.split('<title>')[1]!.split('</title>')[0]!;
  for (const character of ['\u202e', '\u001b', '<']) expect(title).not.toContain(character);
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  // printf 'own()' | openssl dgst -sha256 -binary | base64
  expect(policy).toContain("default-src 'none'; script-src 'sha256-1yruO3ZUqBddjC8oRrsLLZ/oiHYCAveB39McCaLvqnk=';");
  expect(policy).not.toContain('unsafe');
  expect(page).not.toMatch(/<[^>]*\s(?:src|href)=|url\(|@import/);
});
