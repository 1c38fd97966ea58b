// The page's own style. Colours come from numbers: --v, 0 to 1, which the script sets.

export const style = `
:root { color-scheme: light dark; --text: #1c1e21; --dim: #5f666d; --ground: #fff; --panel: #f4f5f7; --line: #d5d9dd;
  --accent: #1258b8; --hot: #e2542b; --cold: #2f74d0; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e6e8; --dim: #9aa2aa; --ground: #15171a; --panel: #1f2226;
  --line: #363b41; --accent: #7ab3ff; --hot: #d9572f; --cold: #3f83dc; } }
@media print { :root { color-scheme: light; --text: #000; --dim: #444; --ground: #fff; --panel: #fff; --line: #bbb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--ground); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .3rem 0 .6rem; } .dim { color: var(--dim); }
table { border-collapse: collapse; font-size: .87rem; } th, td { padding: .15rem .5rem; text-align: right; }
th { font-weight: 600; color: var(--dim); } th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; max-width: 100%; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.text { padding: .8rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; line-height: 1.9;
  white-space: pre-wrap; overflow-wrap: anywhere; }
.token { border-radius: 3px; padding: .1em 0; cursor: default; unicode-bidi: isolate; }
.heat { background: color-mix(in srgb, var(--hot) calc(100% * var(--v)), transparent); }
.cold { background: color-mix(in srgb, var(--cold) calc(100% * var(--v)), transparent); }
.mono { font-family: ui-monospace, monospace; white-space: pre; unicode-bidi: isolate; }
td.mono { max-width: 16rem; overflow: hidden; text-overflow: ellipsis; }
.grid td, .grid th { padding: .1rem .4rem; border: 1px solid var(--ground); text-align: left; }
.grid th:first-child { position: sticky; left: 0; background: var(--ground); }
.grid td.number { text-align: right; }
.heads { display: flex; flex-direction: column; gap: .25rem; }
.heads > div { display: flex; gap: .25rem; align-items: center; }
.heads .name { width: 4.5rem; flex: none; font-size: .8rem; color: var(--dim); }
.heads button { padding: 1px; border: 2px solid var(--line); border-radius: 4px; background: none; line-height: 0; cursor: pointer; }
.heads button[aria-pressed=true] { border-color: var(--accent); }
.heads canvas { width: 2.6rem; height: 2.6rem; }
canvas { image-rendering: pixelated; background: var(--panel); }
canvas.map { width: min(100%, 30rem); aspect-ratio: 1; cursor: crosshair; touch-action: none; }
.arcs { overflow-x: auto; max-width: 100%; margin: .8rem 0; }
.arcs > div { position: relative; width: max-content; }
.arcs svg { display: block; overflow: visible; }
.arcs path { fill: none; stroke: var(--accent); }
.arcs .words { display: flex; }
.arcs .words span { white-space: pre; padding: 0 .25rem; border-radius: 3px; font-size: .87rem; cursor: default; }
.arcs .words span.chosen { background: var(--panel); outline: 1px solid var(--line); }
.bar { display: inline-block; height: .7em; background: var(--accent); border-radius: 2px; }
.choices { display: flex; flex-wrap: wrap; gap: .3rem 1rem; margin: .3rem 0 .6rem; }
tr.pick { cursor: pointer; } tr.pick:hover { background: var(--panel); }
#tip { position: fixed; z-index: 2; max-width: min(24rem, 90vw); padding: .4rem .6rem; background: var(--ground); color: var(--text);
  border: 1px solid var(--line); border-radius: 6px; box-shadow: 0 2px 10px #0005; font-size: .85rem; pointer-events: none; }
#tip div { white-space: pre-wrap; overflow-wrap: anywhere; }
#tip[hidden] { display: none; }
@media print { #tip { display: none; } h2 { break-after: avoid; } .scroll, .arcs { overflow: visible; } }
`;
