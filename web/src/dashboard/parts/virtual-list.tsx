/** A long list of lines of one height: only those in sight are on the page. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

const SPARE_LINES = 10;

interface Lines<Item> {
  readonly items: readonly Item[];
  readonly linePx: number;
  readonly label: string;
  /** Whether it stays at the end as the list grows. */
  readonly follows: boolean;
  line(item: Item): ComponentChildren;
}

export function VirtualList<Item>({ items, linePx, label, follows, line }: Lines<Item>) {
  const box = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(400);
  useEffect(() => {
    const place = box.current;
    if (!place) return;
    const size = new ResizeObserver(() => setHeight(place.clientHeight));
    size.observe(place);
    return () => size.disconnect();
  }, []);
  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, items.length]);
  const first = Math.max(0, Math.floor(top / linePx) - SPARE_LINES);
  const last = Math.min(items.length, Math.ceil((top + height) / linePx) + SPARE_LINES);
  return (
    <section
      class="virtual"
      ref={box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <ol class="virtual-lines" style={{ height: `${items.length * linePx}px` }}>
        {items.slice(first, last).map((item, index) => (
          <li
            key={first + index}
            aria-setsize={items.length}
            aria-posinset={first + index + 1}
            style={{ top: `${(first + index) * linePx}px`, height: `${linePx}px` }}
          >
            {line(item)}
          </li>
        ))}
      </ol>
    </section>
  );
}
