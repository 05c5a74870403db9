/** The drawing area: mouse, finger, pen or arrow keys draw strokes on it. */
import type { Signal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { createKeyboardPen, type KeyboardPen } from './keyboard-pen.js';
import { HALF_WIDTH, PICTURE_SIZE, type Stroke } from './strokes.js';

/** A resting hand is seen as touches while a pen writes: they are no strokes for so long after it. */
const PEN_RULES_MS = 1_500;

interface PadProps {
  readonly strokes: Signal<readonly Stroke[]>;
  /** A stroke has begun or gone on. */
  onDraw(): void;
  /** Keys that are not the pen's: Enter, a digit ... Returns whether it was one that means something. */
  onKey(key: string): boolean;
}

export function Pad({ strokes, onDraw, onKey }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef<number | null>(null);
  const penAt = useRef(Number.NEGATIVE_INFINITY);
  const keys = useRef<KeyboardPen>(null);
  keys.current ??= createKeyboardPen();
  const id = useId();

  const redraw = () => paint(canvas.current, strokes.peek(), keys.current?.place);
  useEffect(() => strokes.subscribe(() => requestAnimationFrame(redraw)), [strokes]);
  useEffect(() => {
    if (!canvas.current) return;
    const size = new ResizeObserver(redraw);
    size.observe(canvas.current);
    return () => size.disconnect();
  }, []);

  const extend = (points: readonly number[], isNew: boolean) => {
    const before = strokes.value;
    const last = isNew ? [] : (before.at(-1) ?? []);
    strokes.value = [...before.slice(0, isNew ? before.length : -1), [...last, ...points]];
    onDraw();
  };
  const press = (event: PointerEvent) => {
    if (event.pointerType === 'pen') penAt.current = performance.now();
    const isPalm = event.pointerType === 'touch' && performance.now() - penAt.current < PEN_RULES_MS;
    if (!event.isPrimary || event.button !== 0 || isPalm || drawing.current !== null) return;
    drawing.current = event.pointerId;
    canvas.current?.setPointerCapture(event.pointerId);
    extend(placesOf(canvas.current, [event]), true);
  };
  const move = (event: PointerEvent) => {
    if (event.pointerType === 'pen') penAt.current = performance.now();
    if (event.pointerId !== drawing.current) return;
    const all = event.getCoalescedEvents?.() ?? [];
    extend(placesOf(canvas.current, all.length > 0 ? all : [event]), false);
  };
  const lift = (event: PointerEvent) => {
    if (event.pointerId === drawing.current) drawing.current = null;
  };
  const type = (event: KeyboardEvent) => {
    if (event.altKey || event.metaKey) return;
    if (event.key === 'Backspace' || (event.ctrlKey && event.key === 'z')) {
      strokes.value = strokes.value.slice(0, -1);
    } else if (event.ctrlKey) return;
    else if (event.key === 'Escape') strokes.value = [];
    else {
      const drawn = keys.current?.press(event.key);
      if (drawn?.points) extend(drawn.points, drawn.isNew);
      if (!drawn && !onKey(event.key)) return;
      redraw();
    }
    event.preventDefault();
  };
  return (
    <div class="pad">
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: it takes keys as an application does */}
      <canvas
        ref={canvas}
        class="ink"
        tabIndex={0}
        role="application"
        aria-label="Drawing area"
        aria-describedby={id}
        onPointerDown={press}
        onPointerMove={move}
        onPointerUp={lift}
        onPointerCancel={lift}
        onKeyDown={type}
        onBlur={() => {
          keys.current?.leave();
          redraw();
        }}
      />
      <p class="sr" id={id}>
        Arrow keys move a pen, the space bar puts it down and lifts it. Backspace undoes a stroke, Escape
        clears, a digit says what it is, Enter keeps it.
      </p>
    </div>
  );
}

/** Points in the unit square, x, y, x, y ... */
function placesOf(canvas: HTMLCanvasElement | null, events: readonly PointerEvent[]): number[] {
  const box = canvas?.getBoundingClientRect();
  if (!box || box.width === 0) return [];
  const within = (value: number) => Math.min(1, Math.max(0, value));
  return events.flatMap(({ clientX, clientY }) => [
    within((clientX - box.left) / box.width),
    within((clientY - box.top) / box.height),
  ]);
}

/** Strokes in white: the style sheet turns them dark on light paper. */
function paint(
  canvas: HTMLCanvasElement | null,
  strokes: readonly Stroke[],
  pen: KeyboardPen['place'] | undefined,
): void {
  const context = canvas?.getContext('2d');
  if (!canvas || !context) return;
  const size = Math.round(canvas.clientWidth * devicePixelRatio);
  if (canvas.width !== size) [canvas.width, canvas.height] = [size, size];
  context.clearRect(0, 0, size, size);
  Object.assign(context, { lineCap: 'round', lineJoin: 'round', strokeStyle: '#fff', fillStyle: '#fff' });
  context.lineWidth = (2 * HALF_WIDTH * 1.15 * size) / PICTURE_SIZE;
  for (const stroke of strokes) {
    context.beginPath();
    trace(context, stroke, size);
    context.stroke();
  }
  if (!pen) return;
  context.lineWidth = 2 * devicePixelRatio;
  context.beginPath();
  context.arc(pen.x * size, pen.y * size, (pen.isDown ? 0.035 : 0.055) * size, 0, 2 * Math.PI);
  context.stroke();
}

/** Through the middles between points, so that a quick hand's corners are round. */
function trace(context: CanvasRenderingContext2D, stroke: Stroke, size: number): void {
  const at = (index: number) => (stroke[index] ?? 0) * size;
  context.moveTo(at(0), at(1));
  for (let index = 2; index + 3 < stroke.length; index += 2) {
    const [x, y] = [at(index), at(index + 1)];
    context.quadraticCurveTo(x, y, (x + at(index + 2)) / 2, (y + at(index + 3)) / 2);
  }
  context.lineTo(at(stroke.length - 2), at(stroke.length - 1));
}
