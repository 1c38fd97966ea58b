import { escapeHtml, jsonForScript } from './escape.js';
import { htmlPage } from './page.js';
import { html, jsonScript } from './template.js';

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
  const page = htmlPage({ title: hostile, body: jsonScript('data', { hostile }), style: '.own {}', script: 'own()' });
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

test('a page allows what it names, besides its own', () => {
  const allow = { 'script-src': "'wasm-unsafe-eval'", 'style-src': "'unsafe-inline'", 'connect-src': "'self'" };
  const page = htmlPage({ title: 'x', body: html`<p>`, style: 'p {}', script: '"</script>"', module: true, allow });
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)![1]!;
  expect(policy).toMatch(
    /script-src 'sha256-[^']+' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; .*connect-src 'self'$/,
  );
  expect(page).toContain('<script type="module">"\\x3c/script>"</script>');
});

describe('templates', () => {
  test('what is put into a template is text', () => {
    expect(html`<p title="${'"><script>'}">${['<b>', 1, false]}${html`<i>${"'&"}</i>`}</p>`.text).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;1<i>&#39;&amp;</i></p>',
    );
  });

  test('marks that nobody sees are written as escapes; line breaks, tabs and emoji stay', () => {
    expect(html`${'a\u202eb\u0000c\u001b[2J\r\n\t😀\ud800'}`.text).toBe('a\\u202eb\\x00c\\x1b[2J\n\t😀\\ud800');
  });

  test('JSON does not end its script', () => {
    const { text } = jsonScript('data', { name: hostile });
    expect(text.match(/<\/script/g)).toHaveLength(1);
    expect(JSON.parse(text.slice(text.indexOf('>') + 1, text.lastIndexOf('<')))).toEqual({ name: hostile });
  });
});
