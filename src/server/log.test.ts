import { describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { Refusal } from '../protocol/problem.js';
import { createLog, type LogFields, type LogLevel } from './log.js';
import { scrub } from './scrub.js';

const KEY_ID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
const TOKEN = `tsi_${'a1-_'.repeat(11)}`;

function open(level: LogLevel = 'debug', isTTY = false) {
  const written: string[] = [];
  const log = createLog(level, { isTTY, write: (text: string) => written.push(text) });
  return { log, written, lines: () => written.map((text) => JSON.parse(text)) };
}

describe('the log', () => {
  it('writes a JSON object a line', () => {
    const { log, written, lines } = open();
    log.info('round finished', { runId: 'a', round: 3, durationMs: 12.3456, outcome: 'aggregated' });
    log.error('the server stops');
    expect(written.every((text) => text.endsWith('}\n') && text.split('\n').length === 2)).toBe(true);
    const [first, second] = lines();
    expect(first).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'round finished',
      runId: 'a',
      round: 3,
      durationMs: 12.3,
      outcome: 'aggregated',
    });
    // No name of the machine or of the process.
    expect(Object.keys(second)).toEqual(['level', 'time', 'msg']);
  });

  it('writes what is of its level and above', () => {
    const texts = (level: LogLevel) => {
      const { log, lines } = open(level);
      log.debug('debug');
      log.info('info');
      log.warn('warn');
      log.error('error');
      return lines().map(({ msg }) => msg);
    };
    expect(texts('debug')).toEqual(['debug', 'info', 'warn', 'error']);
    expect(texts('warn')).toEqual(['warn', 'error']);
    expect(texts('silent')).toEqual([]);
  });

  it('shortens the ids of keys', () => {
    const { log, written } = open();
    log.info('checked in', { clientId: KEY_ID });
    expect(JSON.parse(written[0]!).clientId).toBe('kPrK_qmx…');
    expect(written[0]).not.toContain(KEY_ID.slice(0, 9));
  });

  it('writes no field that is not on the list, whatever a caller hands in', () => {
    const { log, lines } = open();
    const personal = { name: 'Sankt Marien', ip: '192.0.2.7', headers: { authorization: `Bearer ${TOKEN}` } };
    log.info('checked in', { status: 200, ...personal } as LogFields);
    expect(Object.keys(lines()[0])).toEqual(['level', 'time', 'status', 'msg']);
  });

  it('takes texts from the code only', () => {
    const { log } = open('silent');
    const name: string = 'Sankt Marien';
    log.info('checked in');
    // @ts-expect-error a text that is not in the code
    log.info(name);
    // @ts-expect-error a text with something put in
    log.info(`checked in: ${name}`);
  });

  it('says of an error what it is without what is personal, of a refusal only its code', () => {
    const { log, lines } = open();
    log.error('failed', { error: new StoreError('server.db could not be written: no space') });
    log.info('refused', { error: new Refusal('bad-request', 'name must be short, got Sankt Marien') });
    log.error('failed', { error: new TypeError(`connect ECONNREFUSED 192.0.2.7:443 with Bearer abc.def`) });
    log.error('failed', { error: 'thrown as it is by 2001:db8::1' });
    const errors = lines().map(({ error }) => error);
    expect(errors[0]).toEqual({ code: 'store', message: 'server.db could not be written: no space' });
    expect(errors[1]).toEqual({ code: 'bad-request' });
    expect(errors[2]).toEqual({
      code: 'TypeError',
      message: 'connect ECONNREFUSED [address]:443 with [token]',
      at: expect.arrayContaining([expect.stringContaining('log.test.ts')]),
    });
    expect(errors[3]).toEqual({ code: 'unknown', message: 'thrown as it is by [address]' });
  });

  it('lets nobody forge a line or talk to the terminal', () => {
    for (const isTTY of [false, true]) {
      const { log, written } = open('debug', isTTY);
      log.info('run started', { runId: 'a\n{"level":"error"}\u001b[2J', population: 'x'.repeat(10_000) });
      expect(written.join('').match(/\n/g)).toHaveLength(1);
      expect(written.join('')).not.toContain('\u001b');
      expect(written.join('').length).toBeLessThan(600);
    }
  });

  it('is short on a terminal', () => {
    const { log, written } = open('debug', true);
    log.warn('round failed', { round: 3, outcome: 'failed' });
    expect(written[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}round failed round=3 outcome="failed"\n$/);
  });
});

describe('scrub', () => {
  it.each([
    [`used ${TOKEN} twice`, 'used [token] twice'],
    [`tso_${'x'.repeat(43)}`, '[token]'],
    ['authorization: bearer abc-123, x', 'authorization: [token], x'],
    [`eyJhbGciOi.eyJpc3Mi.c2ln end`, '[token] end'],
    [`client ${KEY_ID} left`, 'client kPrK_qmx… left'],
    ['from 192.0.2.7:8080', 'from [address]:8080'],
    ['from ::ffff:192.0.2.7 on', 'from [address] on'],
    ['from ::1', 'from [address]'],
    ['from [2001:db8::7]:443', 'from [[address]]:443'],
    ['fe80::1%eth0', '[address]%eth0'],
    ['at 12:34:56 in src/a.ts:12:34', 'at 12:34:56 in src/a.ts:12:34'],
    ['version 1.2.3', 'version 1.2.3'],
    ['a'.repeat(64), 'a'.repeat(64)],
  ])('makes of %s: %s', (text, clean) => expect(scrub(text)).toBe(clean));
});
