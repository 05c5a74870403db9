/** Builds the pages that a server serves, and the script that reports carry inside, into `dist/web`. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { defaultClientConditions, defineConfig, type Plugin } from 'vite';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** A report is a file that loads no other: its script is one classic script, its style one sheet. */
function reportCharts(): Plugin {
  return {
    name: 'report-charts',
    apply: 'build',
    async generateBundle() {
      const build = await rolldown({ input: at('src/report/main.ts'), platform: 'browser' });
      const { output } = await build.generate({ format: 'iife', name: 'report', minify: true });
      await build.close();
      this.emitFile({ type: 'asset', fileName: 'report-charts.js', source: output[0].code });
      const library = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
      const sheets = [
        library,
        ...['style/tones', 'style/panels', 'report/report'].map((name) => at(`src/${name}.css`)),
      ];
      const style = await Promise.all(sheets.map((sheet) => readFile(sheet, 'utf8')));
      this.emitFile({ type: 'asset', fileName: 'report.css', source: style.join('\n') });
    },
  };
}

export default defineConfig({
  root: at('.'),
  base: '/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // ONNX Runtime fetches its .mjs and .wasm from where it is told.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: { format: 'es' },
  build: {
    outDir: at('../dist/web'),
    emptyOutDir: true,
    target: 'es2023',
    // As they are written: `light-dark()` is not taken apart.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    modulePreload: { polyfill: false },
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: { index: at('index.html'), join: at('join.html') },
    },
  },
  plugins: [reportCharts()],
});
