import fc from 'fast-check';
import { expect, it } from 'vitest';
import { embedJson, escapeHtml, html, trustedHtml } from './html.js';

it('escapes every part that is not already HTML', () => {
  const name = '<b title="x">\'&';
  expect(html`<i>${name}</i>`.markup).toBe('<i>&lt;b title=&quot;x&quot;&gt;&#39;&amp;</i>');
});

it('keeps HTML, joins lists and prints nothing for nothing', () => {
  const items = ['a', 'b'].map((item) => html`<li>${item}</li>`);
  expect(html`<ul>${items}${null}${undefined}${false}${trustedHtml('<hr>')}${0}</ul>`.markup).toBe(
    '<ul><li>a</li><li>b</li><hr>0</ul>',
  );
});

it('leaves no character of text that could open or close anything', () => {
  fc.assert(fc.property(fc.string(), (text) => !/[<>"']/.test(escapeHtml(text))));
});

it('embeds JSON that reads back the same and cannot leave its script element', () => {
  const hostile = { '</script>': '<!-- <script>alert(1)</script> ]]>' };
  expect(embedJson(hostile).markup).not.toContain('<');
  expect(JSON.parse(embedJson(hostile).markup)).toEqual(hostile);
  fc.assert(
    fc.property(fc.json(), (text) => {
      const { markup } = embedJson(JSON.parse(text));
      expect(markup).not.toContain('<');
      expect(JSON.parse(markup)).toEqual(JSON.parse(text));
    }),
  );
});
