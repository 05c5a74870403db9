/** A picture of 28 by 28 pixels, as a model sees it. */
import { useEffect, useRef } from 'preact/hooks';
import { PICTURE_SIZE } from './strokes.js';

/** @param props.label what it is, for screen readers; without one it is decoration */
export function Thumb({ picture, label }: { picture: Float32Array; label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const pixels = new ImageData(PICTURE_SIZE, PICTURE_SIZE);
    // White, as much as there is ink: the style sheet turns it dark on light paper.
    for (const [index, ink] of picture.entries())
      pixels.data.set([255, 255, 255, Math.round(255 * ink)], 4 * index);
    canvas.current?.getContext('2d')?.putImageData(pixels, 0, 0);
  }, [picture]);
  const say = label === undefined ? { 'aria-hidden': true } : { role: 'img' as const, 'aria-label': label };
  return (
    <span class="thumb">
      <canvas class="ink" ref={canvas} width={PICTURE_SIZE} height={PICTURE_SIZE} {...say} />
    </span>
  );
}
