/** A small curve of a share over rounds. */
import { formatPercent } from '../../../../src/format.js';

export interface SparkPoint {
  readonly round: number;
  readonly share: number;
}

const [WIDTH, HEIGHT, EDGE] = [240, 56, 4];

/** Nothing where there is no curve yet. */
export function Sparkline({ points, name }: { points: readonly SparkPoint[]; name: string }) {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length < 2) return null;
  const shares = points.map(({ share }) => share);
  const low = Math.min(...shares);
  const spread = Math.max(Math.max(...shares) - low, 0.05);
  const place = ({ round, share }: SparkPoint) => {
    const x = EDGE + ((round - first.round) / (last.round - first.round)) * (WIDTH - 2 * EDGE);
    return `${x.toFixed(1)},${(HEIGHT - EDGE - ((share - low) / spread) * (HEIGHT - 2 * EDGE)).toFixed(1)}`;
  };
  const said = `${name} from ${formatPercent(first.share)} after round ${first.round} to ${formatPercent(last.share)} after round ${last.round}`;
  const [x, y] = place(last).split(',');
  return (
    <figure class="spark">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={said}>
        <polyline points={points.map(place).join(' ')} />
        <circle cx={x} cy={y} r="3.5" />
      </svg>
      <figcaption>
        {formatPercent(first.share)} after round {first.round}, {formatPercent(last.share)} now
      </figcaption>
    </figure>
  );
}
