import { type Span, type SpanOptions, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { traced } from './tracing.js';

afterEach(() => trace.disable());

/** A tracer that writes down what happens to spans. */
function listen(): string[] {
  const told: string[] = [];
  const startActiveSpan = (name: string, { attributes }: SpanOptions, work: (span: Span) => unknown) => {
    told.push(`start ${name} ${JSON.stringify(attributes)}`);
    const span = {
      setAttribute: (key: string, value: unknown) => told.push(`${key} ${value}`),
      setStatus: (status: object) => told.push(JSON.stringify(status)),
      end: () => told.push('end'),
    };
    return work(span as unknown as Span);
  };
  trace.setGlobalTracerProvider({ getTracer: () => ({ startActiveSpan }) as unknown as Tracer });
  return told;
}

describe('traced', () => {
  it('does its work where nobody listens', async () => {
    expect(await traced('fold update', {}, async () => 7)).toBe(7);
    await expect(traced('fold update', {}, () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
  });

  it('makes a span that lasts as long as the work', async () => {
    const told = listen();
    const work = async () => {
      await Promise.resolve();
      told.push('work');
      return 7;
    };
    expect(await traced('fold update', { round: 3 }, work)).toBe(7);
    expect(told).toEqual(['start fold update {"round":3}', 'work', 'end']);
  });

  it('ends the span of work that fails, with the code and not the words', async () => {
    const told = listen();
    const failing = (error: Error) => traced('save', {}, () => Promise.reject(error));
    await expect(failing(new StoreError('of Sankt Marien'))).rejects.toThrow(StoreError);
    await expect(failing(new Error('of Sankt Marien'))).rejects.toThrow('Marien');
    const status = (message: string) => JSON.stringify({ code: SpanStatusCode.ERROR, message });
    expect(told).toEqual([
      ...['start save {}', 'error.type store', status('store'), 'end'],
      ...['start save {}', 'error.type unknown', status('unknown'), 'end'],
    ]);
  });
});
