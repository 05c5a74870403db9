/** The report page's style: light and dark by the reader's preference, from phone to desktop. */

/** CSS; colours are custom properties, which the page's script reads for the charts. */
export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --bg: #f5f6f8; --surface: #ffffff; --text: #1b2430; --muted: #596475; --line: #e2e6eb; --track: #eceff3; --accent: #1f5fd6;
  --global: #1f5fd6; --federated: #0b8a6b; --central: #b4590a; --isolated: #8a5aa8; --ngram: #a8245e; --training: #66717f; --failed: #c4314b;
  --federated-soft: rgba(11,138,107,0.14); --isolated-soft: rgba(138,90,168,0.12);
  --heat0: #e3edfb; --heat1: #c9ddf8; --heat2: #a9c8f3; --heat3: #84afec; --heat4: #5d93e2; --heat5: #3a76d2; --heat6: #245bb4; --heat7: #173f86;
  --wrong0: #fdeeec; --wrong1: #fbdcd8; --wrong2: #f8c3bc; --wrong3: #f2a399; --wrong4: #e98074; --wrong5: #d95c50; --wrong6: #b93f35; --wrong7: #8f2b24;
  --k0: #4e79a7; --k1: #f28e2b; --k2: #59a14f; --k3: #e15759; --k4: #76b7b2; --k5: #edc948; --k6: #b07aa1; --k7: #9c755f; --k8: #ff9da7; --k9: #8b98a8; --k10: #3d8b8b; --k11: #c2549d;
}
@media (prefers-color-scheme: dark) { :root {
  --bg: #0e1217; --surface: #171c24; --text: #e7ebf1; --muted: #9aa5b4; --line: #2a323d; --track: #242b35; --accent: #7fb0ff;
  --global: #6ea8ff; --federated: #3ecf9f; --central: #f0a04b; --isolated: #c79be6; --ngram: #f07fae; --training: #97a3b2; --failed: #ff7a8a;
  --federated-soft: rgba(62,207,159,0.16); --isolated-soft: rgba(199,155,230,0.14);
  --heat0: #1b2a40; --heat1: #1f3758; --heat2: #244874; --heat3: #2a5a94; --heat4: #3570b6; --heat5: #4c8ad6; --heat6: #78acee; --heat7: #b3d3ff;
  --wrong0: #2e1d20; --wrong1: #432327; --wrong2: #5c2a2e; --wrong3: #7a3336; --wrong4: #9b4041; --wrong5: #bf5450; --wrong6: #e07a70; --wrong7: #ffb0a6;
} }
.fill-global { fill: var(--global); } .fill-federated { fill: var(--federated); } .fill-central { fill: var(--central); } .fill-isolated { fill: var(--isolated); } .fill-ngram { fill: var(--ngram); } .fill-training { fill: var(--training); } .fill-failed { fill: var(--failed); } .fill-track { fill: var(--track); }
.fill-k0 { fill: var(--k0); } .fill-k1 { fill: var(--k1); } .fill-k2 { fill: var(--k2); } .fill-k3 { fill: var(--k3); } .fill-k4 { fill: var(--k4); } .fill-k5 { fill: var(--k5); }
.fill-k6 { fill: var(--k6); } .fill-k7 { fill: var(--k7); } .fill-k8 { fill: var(--k8); } .fill-k9 { fill: var(--k9); } .fill-k10 { fill: var(--k10); } .fill-k11 { fill: var(--k11); }
.bg-global { --mark: var(--global); } .bg-federated { --mark: var(--federated); } .bg-central { --mark: var(--central); } .bg-isolated { --mark: var(--isolated); } .bg-ngram { --mark: var(--ngram); } .bg-training { --mark: var(--training); } .bg-failed { --mark: var(--failed); }
.bg-k0 { --mark: var(--k0); } .bg-k1 { --mark: var(--k1); } .bg-k2 { --mark: var(--k2); } .bg-k3 { --mark: var(--k3); } .bg-k4 { --mark: var(--k4); } .bg-k5 { --mark: var(--k5); }
.bg-k6 { --mark: var(--k6); } .bg-k7 { --mark: var(--k7); } .bg-k8 { --mark: var(--k8); } .bg-k9 { --mark: var(--k9); } .bg-k10 { --mark: var(--k10); } .bg-k11 { --mark: var(--k11); }
.heat0 { fill: var(--heat0); } .heat1 { fill: var(--heat1); } .heat2 { fill: var(--heat2); } .heat3 { fill: var(--heat3); } .heat4 { fill: var(--heat4); } .heat5 { fill: var(--heat5); } .heat6 { fill: var(--heat6); } .heat7 { fill: var(--heat7); }
.right.s0 { background: var(--heat0); color: var(--ink-low); } .wrong.s0 { background: var(--wrong0); color: var(--ink-low); }
.right.s1 { background: var(--heat1); color: var(--ink-low); } .wrong.s1 { background: var(--wrong1); color: var(--ink-low); }
.right.s2 { background: var(--heat2); color: var(--ink-low); } .wrong.s2 { background: var(--wrong2); color: var(--ink-low); }
.right.s3 { background: var(--heat3); color: var(--ink-low); } .wrong.s3 { background: var(--wrong3); color: var(--ink-low); }
.right.s4 { background: var(--heat4); color: var(--ink-low); } .wrong.s4 { background: var(--wrong4); color: var(--ink-low); }
.right.s5 { background: var(--heat5); color: var(--ink-high); } .wrong.s5 { background: var(--wrong5); color: var(--ink-high); }
.right.s6 { background: var(--heat6); color: var(--ink-high); } .wrong.s6 { background: var(--wrong6); color: var(--ink-high); }
.right.s7 { background: var(--heat7); color: var(--ink-high); } .wrong.s7 { background: var(--wrong7); color: var(--ink-high); }
:root { --ink-low: #14202f; --ink-high: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --ink-low: #f2f6fb; --ink-high: #0e1217; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; -webkit-text-size-adjust: 100%; }
header, main { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
main { padding-bottom: 48px; }
.brand { display: flex; align-items: center; gap: 8px; margin: 0 0 10px; color: var(--muted); font-size: 14px; }
h1 { margin: 0; font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 36px 0 12px; font-size: 20px; letter-spacing: -0.005em; }
h3 { margin: 0 0 4px; font-size: 16px; }
.result { max-width: 46em; margin: 10px 0 12px; font-size: 19px; line-height: 1.4; }
.facts { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 24px; padding: 0; list-style: none; }
.facts li { padding: 2px 10px; border: 1px solid var(--line); border-radius: 99px; background: var(--surface); color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 0; }
.tile { flex: 1 1 calc(25% - 12px); }
.across5 .tile { flex-basis: calc(20% - 12px); }
.across3 .tile { flex-basis: calc(33% - 12px); }
.tile, .panel { min-width: 0; margin: 0; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); }
.tile { padding: 14px 16px; }
.tile dt { color: var(--muted); font-size: 13px; }
.tile dt::first-letter { text-transform: uppercase; }
.tile dd { margin: 0; }
.tile strong { display: block; font-size: 24px; font-weight: 650; line-height: 1.3; letter-spacing: -0.01em; white-space: nowrap; }
.tile span { display: block; color: var(--muted); font-size: 13px; line-height: 1.35; }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 16px; }
.panel { padding: 18px 20px; }
.wide, .panels > :last-child:nth-child(odd) { grid-column: 1 / -1; }
.note { margin: 0 0 10px; color: var(--muted); font-size: 13px; }
.hint { margin-top: -8px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; min-height: 26px; margin: 0 0 8px; padding: 0; list-style: none; font-size: 13px; color: var(--muted); }
.legend li { display: inline-flex; align-items: center; min-width: 0; }
.legend .at { min-width: 5.5em; color: var(--text); font-weight: 600; }
.legend button { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 0 4px; padding: 2px 0; border: 0; background: none; color: inherit; font: inherit; text-align: left; cursor: pointer; }
.legend button[aria-pressed="false"] { opacity: 0.45; text-decoration: line-through; }
.legend b { min-width: 3.6em; color: var(--text); font-weight: 600; font-variant-numeric: tabular-nums; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.mark { flex: none; display: inline-block; width: 12px; height: 12px; margin-right: 6px; border-radius: 3px; background: var(--mark); }
.mark.line { height: 3px; width: 16px; }
.mark.dashed { height: 3px; width: 16px; border-radius: 0; background: linear-gradient(90deg, var(--mark) 60%, transparent 60%) 0 0 / 8px 3px; }
.mark.points { width: 8px; height: 8px; border-radius: 50%; }
.panel:has(.plot) { display: flex; flex-direction: column; }
.plot { margin-top: auto; min-width: 0; min-height: 230px; overflow: hidden; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { font-weight: 500; text-align: left; }
thead th { color: var(--muted); font-weight: 500; white-space: nowrap; }
.num { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars th, .bars td { padding: 2px 0 2px 12px; vertical-align: middle; }
.bars th:first-child { max-width: 11em; padding-left: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.bars thead th:nth-child(n+3) { text-align: right; }
.bars .track { width: 100%; }
.bars svg { display: block; border-radius: 3px; }
.bars .mark { width: 8px; height: 8px; margin-right: 5px; }
.plain + .plain { margin-top: 14px; }
.plain caption { padding-bottom: 4px; color: var(--muted); text-align: left; }
.plain th, .plain td { padding: 5px 12px 5px 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.plain thead th { border-top: 0; }
.plain tbody th { width: 40%; color: var(--muted); }
.plain .num { padding-right: 0; text-align: right; }
.scroll { overflow-x: auto; }
.matrix { width: auto; min-width: 100%; border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums; }
.matrix th { padding: 2px 4px; color: var(--muted); text-align: center; white-space: nowrap; }
.matrix thead th:first-child { font-size: 12px; line-height: 1.2; text-align: right; white-space: normal; width: min-content; }
.matrix tbody th { text-align: right; }
.matrix td { min-width: 30px; padding: 4px 3px; border-radius: 4px; text-align: center; }
.matrix .none { color: var(--muted); }
.heatmap { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 10px; align-items: center; }
.heat-name { max-width: 9em; overflow: hidden; color: var(--muted); font-size: 12px; text-align: right; text-overflow: ellipsis; white-space: nowrap; }
.heatmap svg { display: block; width: 100%; }
.heat-row { height: 20px; border-radius: 3px; background: var(--track); shape-rendering: crispEdges; }
.heatmap.dense { row-gap: 1px; line-height: 1.15; } .dense .heat-name { font-size: 10px; } .dense .heat-row { height: 11px; border-radius: 2px; }
.sizes { height: 40px; margin-bottom: 4px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 860px) { .tiles .tile { flex-basis: calc(50% - 12px); } }
@media (max-width: 560px) {
  header, main { padding-left: 14px; padding-right: 14px; }
  header { padding-top: 20px; }
  h1 { font-size: 24px; }
  .result { font-size: 17px; }
  .tiles { gap: 10px; }
  .tile { padding: 12px; }
  .tile strong { font-size: 20px; }
  .panel { padding: 14px 12px; }
  .matrix { font-size: 12px; border-spacing: 1px; }
  .matrix td { min-width: 24px; padding: 4px 1px; }
}
@media print { .panel, .tile { break-inside: avoid; } .hint { display: none; } }
`;
