/** Reads plays as text by speaker: each speaker is one natural client. */
import { ProtocolError } from '../errors.js';

/** All that one speaker says, lines joined by line feeds, in the order of the file. */
export interface SpokenText {
  /** Who speaks, with the play where the file names it: "Hamlet / HORATIO". */
  readonly key: string;
  readonly text: string;
}

/**
 * Parses tab-separated lines under a header with at least the columns `play`, `speaker` and `text`. A speaker
 * of two plays is two speakers. Speakers come in the order of their first line.
 *
 * @param file what to call the text in an error
 * @throws {ProtocolError} when a column is missing or a line has another number of cells than the header.
 */
export function parsePlayLines(text: string, file: string): SpokenText[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  const header = (lines[0] ?? '').split('\t');
  const [play, speaker, spoken] = ['play', 'speaker', 'text'].map((name) => {
    const column = header.indexOf(name);
    if (column < 0) throw new ProtocolError(`${file} must have a column "${name}", got ${header.join(', ')}`);
    return column;
  });
  const speeches = new Speeches();
  for (let index = 1; index < lines.length; index++) {
    const cells = lines[index]!.split('\t');
    if (cells.length !== header.length) {
      throw new ProtocolError(
        `${file} must have ${header.length} cells in each line, got ${cells.length} in line ${index + 1}`,
      );
    }
    speeches.add(`${cells[play!]} / ${cells[speaker!]}`, cells[spoken!]!);
  }
  return speeches.bySpeaker();
}

/**
 * Parses speeches divided by blank lines, each under a line `NAME:`. Speakers come in the order of their
 * first speech; who only has speeches without a line is left out. The file names no plays, so two people of
 * one name are one.
 *
 * @param file what to call the text in an error
 * @throws {ProtocolError} when a speech does not begin with a line that ends in a colon.
 */
export function parseSpeeches(text: string, file: string): SpokenText[] {
  const speeches = new Speeches();
  let key: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line === '') {
      key = undefined;
    } else if (key !== undefined) {
      speeches.add(key, line);
    } else if (line.endsWith(':')) {
      key = line.slice(0, -1);
    } else {
      throw new ProtocolError(
        `${file} must begin each speech with "NAME:", got "${line}" in line ${index + 1}`,
      );
    }
  }
  return speeches.bySpeaker();
}

class Speeches {
  readonly #lines = new Map<string, string[]>();

  add(key: string, line: string): void {
    const lines = this.#lines.get(key);
    if (lines) lines.push(line);
    else this.#lines.set(key, [line]);
  }

  bySpeaker(): SpokenText[] {
    return Array.from(this.#lines, ([key, lines]) => ({ key, text: lines.join('\n') }));
  }
}
