/** Lines at the bottom of a terminal that are rewritten in place, while text scrolls by above them. */

/** What is written to: `process.stdout`, or anything like it. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

/** The lines that are redrawn. The cursor is hidden from the first `show` until `close`. */
export interface StatusBlock {
  /** Prints `text` (if any) above and `lines` as the block, in one write. No line may be wider than the terminal. */
  show(text: string, lines: readonly string[]): void;
  /** Takes the block away, prints `text` (if any) in its place and shows the cursor again. */
  close(text: string): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

/** A block at the bottom of `stream`, which must be a terminal. */
export function createStatusBlock(stream: OutputStream): StatusBlock {
  let widths: readonly number[] = [];
  let hidden = false;

  const erase = (): string => {
    if (widths.length === 0) return '';
    // A terminal made narrower since then has wrapped what was drawn.
    const columns = stream.columns || 80;
    const rows = widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ''}\u001b[J`;
  };
  const finished = (text: string): string => (text === '' ? '' : `${text}\n`);

  return {
    show(text, lines) {
      stream.write(erase() + finished(text) + (hidden ? '' : HIDE_CURSOR) + lines.join('\n'));
      hidden = true;
      widths = lines.map(visibleWidth);
    },
    close(text) {
      const out = erase() + finished(text) + (hidden ? SHOW_CURSOR : '');
      if (out !== '') stream.write(out);
      hidden = false;
      widths = [];
    },
  };
}

function visibleWidth(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
  return [...line.replace(/\u001b\[[0-9;]*m/g, '')].length;
}
