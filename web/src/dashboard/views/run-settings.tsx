/** What a run was started with. */
import { useMemo } from 'preact/hooks';
import { configPanel } from '../../../../src/charts/detail-panels.js';
import { Markup } from '../parts/markup.js';
import { Notice } from '../parts/notice.js';

export function RunSettings({ config }: { config: Readonly<Record<string, unknown>> }) {
  const text = JSON.stringify(config);
  const panel = useMemo(() => configPanel(JSON.parse(text) as Record<string, unknown>), [text]);
  if (!panel) return <Notice title="No settings were kept with this run" />;
  return (
    <div class="panels single first">
      <Markup of={panel} />
    </div>
  );
}
