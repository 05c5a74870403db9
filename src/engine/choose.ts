/** Takes the first engine that loads and calculates right; says in one sentence what was passed over, and why. */
import { ConfigError } from '../errors.js';
import type { Engine } from '../learn/engine.js';
import { selfTest } from '../learn/self-test.js';
import type { ChosenEngine, EngineKind, EngineOptions } from './engine-options.js';

const TIMEOUT_MS = 60_000;

/** An engine that may be there. */
export interface Candidate {
  readonly kind: EngineKind;
  /** For people: "WebGPU", "WebAssembly on 4 threads". */
  readonly words: string;
  load(): Promise<Engine>;
}

/**
 * Tries the candidates in their order.
 *
 * @throws {ConfigError} when none passes; the message says of each what was wrong.
 */
export async function chooseFrom(
  candidates: readonly Candidate[],
  { timeoutMs = TIMEOUT_MS, selfTest: tested = true }: EngineOptions,
): Promise<ChosenEngine> {
  if (!(timeoutMs > 0)) throw new ConfigError(`timeoutMs must be above 0, got ${timeoutMs}`);
  const failures: string[] = [];
  let cause: unknown;
  for (const { kind, words, load } of candidates) {
    try {
      const engine = await within(timeoutMs, loadTested(load, tested));
      if (failures.length === 0) return { engine, kind };
      return { engine, kind, notice: `${failures.join('; ')}: training runs in ${words}` };
    } catch (error) {
      failures.push(`${words} cannot be used (${error instanceof Error ? error.message : String(error)})`);
      cause ??= error;
    }
  }
  const got = failures.join('; ') || 'none';
  throw new ConfigError(`this device must have an engine that passes the self-test, got: ${got}`, { cause });
}

async function loadTested(load: () => Promise<Engine>, tested: boolean): Promise<Engine> {
  const engine = await load();
  if (!tested) return engine;
  const result = await selfTest(engine);
  if (!result.passed) throw new Error(`in the self-test, ${result.reason}`);
  return engine;
}

/** What `work` gives, or an error after `timeoutMs`: a device that hangs would wait for ever. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
