/** Text from elsewhere, made safe to show. */

/** On one line: control characters, with which a name could move a terminal's cursor, become "?". */
export function plain(text: string): string {
  return text.replace(/\s/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '?');
}
