/**
 * Bundles the page and serves it, with the headers that allow threads. Run: `npm run example:browser`, or
 * `npx jiti examples/browser/serve.ts --plain` to serve without those headers.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const folder = fileURLToPath(new URL('.', import.meta.url));
const runtime = fileURLToPath(new URL('.', import.meta.resolve('onnxruntime-web/wasm')));

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** A page that others may not embed or be embedded in is "cross-origin isolated": it may share memory with threads. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Serves the example on this machine only; port 0 takes a free one. */
export async function serveExample({ isolated, port }: { isolated: boolean; port: number }) {
  const files = await bundle();
  const server = createServer(async ({ url }, response) => {
    const { pathname } = new URL(url ?? '/', 'http://localhost');
    const name = pathname === '/' ? 'index.html' : pathname.slice(1);
    const body = files.get(name) ?? (await runtimeFile(name));
    const headers = { 'Content-Type': types[extname(name)] ?? 'text/plain', ...(isolated ? isolation : {}) };
    response.writeHead(body ? 200 : 404, headers).end(body ?? 'not found');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}

/** The page and its modules, by name. */
async function bundle(): Promise<Map<string, string | Uint8Array>> {
  const entries = ['main', 'worker', 'train-digits'];
  const input = Object.fromEntries(entries.map((name) => [name, join(folder, `${name}.ts`)]));
  const build = await rolldown({ input, platform: 'browser', logLevel: 'warn' });
  const { output } = await build.generate({ format: 'esm', minify: true });
  await build.close();
  const files = new Map<string, string | Uint8Array>();
  for (const file of output) files.set(file.fileName, file.type === 'chunk' ? file.code : file.source);
  return files.set('index.html', await readFile(join(folder, 'index.html')));
}

/** A file of ONNX Runtime, for a path like `ort/ort-wasm-simd-threaded.wasm`. */
async function runtimeFile(name: string): Promise<Uint8Array | undefined> {
  const [, file] = /^ort\/(ort-wasm-[\w.-]+\.(?:mjs|wasm))$/.exec(name) ?? [];
  return file ? readFile(join(runtime, file)).catch(() => undefined) : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serveExample({ isolated: !process.argv.includes('--plain'), port: 8080 });
  process.stdout.write(`open ${url}\n`);
}
