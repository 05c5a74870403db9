/** What all terminal output shares: its options, colours and widths. */

/** How to write. `columns` is the terminal's width; without `unicode` (default true) only ASCII is used. */
export interface TerminalOptions {
  readonly color: boolean;
  readonly columns: number;
  readonly unicode?: boolean;
}

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;

/** A colour or weight that every terminal has. */
export type Style = keyof typeof CODES;

/** Wraps text in a style when colours are on; empty text stays empty. */
export function paint(
  text: string,
  style: Style | undefined,
  { color }: Pick<TerminalOptions, 'color'>,
): string {
  return color && style && text !== '' ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Cuts text to `width` characters, the last of which then says that something is missing. */
export function clip(
  text: string,
  width: number,
  { unicode = true }: Pick<TerminalOptions, 'unicode'>,
): string {
  const characters = [...text];
  if (characters.length <= width) return text;
  return width <= 0 ? '' : characters.slice(0, width - 1).join('') + (unicode ? '…' : '~');
}

/** Characters of text without styles. */
export function widthOf(text: string): number {
  return [...text].length;
}

/** Fills with spaces to `width` characters. */
export function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'left' ? text + space : space + text;
}

/**
 * Whether to write colours: never when NO_COLOR is set and not empty, always when FORCE_COLOR is set (and not to
 * "0" or "false"), otherwise only to a terminal that is not "dumb".
 */
export function useColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if (environment.NO_COLOR) return false;
  const force = environment.FORCE_COLOR;
  if (force !== undefined && force !== '') return force !== '0' && force !== 'false';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}
