/** Draws the open round: a lane a client, a colour a phase, a mark where it ends. */

import { formatDuration } from '../../../../src/format.js';
import type { ActivityPhase } from '../../../../src/round/activity.js';
import { tone } from '../../plot/tones.js';
import type { ClientLane, RoundTimeline } from '../state/round-timeline.js';

/** The style's name for each phase's colour. */
export const PHASE_TONES: Readonly<Record<ActivityPhase, string>> = {
  selected: 'waiting',
  downloading: 'central',
  training: 'global',
  uploading: 'isolated',
  done: 'federated',
  late: 'late',
  failed: 'failed',
};

const FONT = '12px system-ui, sans-serif';
const AXIS_PX = 22;
const NAMES_PX = 92;
/** Lanes that are lower than this have no names. */
const NAMED_PX = 14;

export interface LaneLayout {
  readonly pitch: number;
  readonly left: number;
  readonly width: number;
  readonly height: number;
}

/** Few clients have high lanes with names, hundreds have thin ones. */
export function layoutFor(lanes: number, width: number): LaneLayout {
  const pitch = Math.max(3, Math.min(20, Math.floor(360 / Math.max(1, lanes))));
  const left = pitch >= NAMED_PX && width > 420 ? NAMES_PX : 0;
  return { pitch, left, width, height: lanes * pitch + AXIS_PX };
}

/** The client at a place of the canvas. */
export function laneAt({ lanes }: RoundTimeline, { pitch }: LaneLayout, y: number): ClientLane | undefined {
  return lanes[Math.floor(y / pitch)];
}

export function drawTimeline(
  canvas: HTMLCanvasElement,
  timeline: RoundTimeline,
  layout: LaneLayout,
  now: number,
  nameOf: (clientId: number) => string,
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const scale = devicePixelRatio;
  const { width, height, pitch, left } = layout;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  const tones = new Map(Object.entries(PHASE_TONES).map(([phase, name]) => [phase, tone(name)]));
  const end = timeline.until ?? now;
  const span = Math.max(50, end - timeline.from);
  const x = (at: number) => left + ((at - timeline.from) / span) * (width - left - 12);
  drawAxis(context, layout, span);
  const thick = Math.max(2, pitch - (pitch > 8 ? 6 : 1));
  context.textBaseline = 'middle';
  timeline.lanes.forEach(({ clientId, steps }, lane) => {
    const top = lane * pitch + (pitch - thick) / 2;
    if (left > 0) {
      context.fillStyle = tone('muted');
      context.fillText(shortened(nameOf(clientId)), 0, lane * pitch + pitch / 2, left - 8);
    }
    steps.forEach(({ phase, at }, step) => {
      const next = steps[step + 1];
      context.fillStyle = tones.get(phase) ?? '';
      if (phase === 'done' || phase === 'late' || phase === 'failed') {
        drawEnd(context, phase, x(at), top, thick);
      } else {
        const to = next?.at ?? end;
        // Who only waits is drawn as a thin line.
        const high = phase === 'selected' ? Math.max(1, Math.round(thick / 5)) : thick;
        drawBar(context, x(at), top + (thick - high) / 2, Math.max(1, x(to) - x(at)), high);
      }
    });
  });
}

function drawBar(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(3, height / 2, width / 2));
  context.fill();
}

/** Ends differ in shape too: a block, a bar across, a cross. */
function drawEnd(
  context: CanvasRenderingContext2D,
  phase: 'done' | 'late' | 'failed',
  x: number,
  top: number,
  thick: number,
): void {
  const size = Math.min(10, Math.max(3, thick));
  const middle = top + thick / 2;
  if (phase === 'done') {
    context.beginPath();
    context.arc(x + size / 2, middle, size / 2, 0, 2 * Math.PI);
    context.fill();
  } else if (phase === 'late') {
    context.fillRect(x, middle - size / 2, Math.max(2, size / 3), size);
    context.fillRect(x + size * 0.55, middle - size / 2, Math.max(2, size / 3), size);
  } else {
    context.strokeStyle = context.fillStyle;
    context.lineWidth = Math.max(1.5, size / 4);
    context.beginPath();
    context.moveTo(x, middle - size / 2);
    context.lineTo(x + size, middle + size / 2);
    context.moveTo(x + size, middle - size / 2);
    context.lineTo(x, middle + size / 2);
    context.stroke();
  }
}

function drawAxis(context: CanvasRenderingContext2D, layout: LaneLayout, span: number): void {
  const { left, width, height } = layout;
  const step = stepFor(span, (width - left) / 90);
  context.textBaseline = 'bottom';
  for (let at = 0; at <= span; at += step) {
    const x = left + (at / span) * (width - left - 12);
    context.fillStyle = tone('line');
    context.fillRect(Math.round(x), 0, 1, height - AXIS_PX + 4);
    context.fillStyle = tone('muted');
    const text = at === 0 ? '0' : formatDuration(at);
    const wide = context.measureText(text).width;
    context.fillText(text, Math.min(Math.max(0, x - wide / 2), width - wide), height);
  }
}

/** A round number of milliseconds, so that there are at most so many steps. */
function stepFor(span: number, most: number): number {
  const steps = [10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5];
  return steps.find((step) => span / step <= most) ?? span;
}

function shortened(name: string): string {
  return name.length > 14 ? `${name.slice(0, 13)}…` : name;
}
