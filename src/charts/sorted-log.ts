/** Items by rising key, one for each key: what is logged again takes the place of what was logged before. */

export interface SortedLog<T> {
  /** By rising key; grows in place. */
  readonly items: readonly T[];
  /** Takes an item in, mostly at the end. @returns the one whose place it took */
  put(item: T): T | undefined;
}

export function createSortedLog<T>(keyOf: (item: T) => number): SortedLog<T> {
  const items: T[] = [];
  return {
    items,
    put(item) {
      const key = keyOf(item);
      let low = 0;
      let high = items.length;
      // Logs are written in order: the end is looked at first.
      if (high > 0 && keyOf(items[high - 1]!) < key) low = high;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (keyOf(items[middle]!) < key) low = middle + 1;
        else high = middle;
      }
      const before = items[low];
      if (before === undefined || keyOf(before) !== key) {
        items.splice(low, 0, item);
        return undefined;
      }
      items[low] = item;
      return before;
    },
  };
}
