/** The style of the reports: system fonts, light and dark by the reader's setting, phone width, paper. */

export const REPORT_CSS = `
:root {
  color-scheme: light dark;
  --paper: #fff; --panel: #f6f7f9; --line: #dfe3e8; --ink-strong: #14181f; --ink: #3c4450; --ink-muted: #667080;
  --accent: #2f6fb2; --plot-grid: #c9d0d8;
  --verdict-glitch: #c8324a; --verdict-normal: #3f78b5; --verdict-uncertain: #a86a08; --verdict-untested: #8a93a0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151a; --panel: #1b2027; --line: #303843; --ink-strong: #f1f4f8; --ink: #c3cad4; --ink-muted: #939dab;
    --accent: #79b4ee; --plot-grid: #3a434f;
    --verdict-glitch: #ff7186; --verdict-normal: #6ea8e4; --verdict-uncertain: #e8ae4a; --verdict-untested: #7d8794;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { margin: 0; color: var(--ink-strong); font-size: 30px; line-height: 1.2; letter-spacing: -0.01em; }
h1 .count { color: var(--verdict-glitch); }
h2 { margin: 44px 0 12px; color: var(--ink-strong); font-size: 19px; }
p { margin: 8px 0; max-width: 75ch; }
code { font: 0.92em ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; unicode-bidi: isolate; direction: ltr; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
.scroll { overflow-x: auto; }
th, td { padding: 6px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--ink-muted); font-size: 13px; font-weight: 600; }
tbody th { color: inherit; font-size: inherit; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.note { color: var(--ink-muted); font-size: 14px; }
.warning { padding: 10px 14px; border-left: 4px solid var(--verdict-uncertain); background: var(--panel); }
figure { margin: 0; }
figcaption { color: var(--ink-muted); font-size: 13.5px; max-width: 85ch; }
svg { display: block; width: 100%; height: auto; }
svg [data-id] { cursor: pointer; }
svg [data-id]:hover { stroke: var(--ink-strong); stroke-width: 1.5; }
summary { cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

.headlines { display: flex; flex-wrap: wrap; gap: 12px; margin: 24px 0 0; }
.headlines > div { flex: 1 1 180px; padding: 12px 14px; border-radius: 10px; background: var(--panel); }
.headlines dt { color: var(--ink-muted); font-size: 13px; }
.headlines dd { margin: 0; }
.headlines .value { color: var(--ink-strong); font-size: 26px; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.headlines .meaning { display: block; color: var(--ink-muted); font-size: 12.5px; line-height: 1.4; }
.strip { display: flex; height: 14px; margin: 24px 0 8px; overflow: hidden; border-radius: 7px; background: var(--panel); }
.strip span { flex: var(--share) 0 0; min-width: 2px; }
.keys { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0; padding: 0; list-style: none; font-size: 13.5px; }
.keys li::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 6px; border-radius: 3px; background: var(--tone); }
.glitch { --tone: var(--verdict-glitch); }
.uncertain { --tone: var(--verdict-uncertain); }
.normal { --tone: var(--verdict-normal); }
.untested { --tone: var(--verdict-untested); }
.strip span { background: var(--tone); }
.verdict { color: var(--tone); font-weight: 600; white-space: nowrap; }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 24px; margin-top: 16px; }
.histograms { margin-top: 20px; }
.share { background: linear-gradient(to right, color-mix(in srgb, var(--verdict-normal) 22%, transparent) calc(var(--share) * 100%), transparent 0); }
.dropped { color: var(--ink-muted); }

.tools { position: sticky; top: 0; z-index: 1; display: flex; flex-wrap: wrap; gap: 8px; align-items: end; padding: 8px 0; background: var(--paper); }
.tools label { display: grid; gap: 2px; color: var(--ink-muted); font-size: 12.5px; }
.tools label:first-child { flex: 1 1 180px; }
input, select, button { padding: 6px 10px; border: 1px solid var(--line); border-radius: 7px; background: var(--panel); color: var(--ink-strong); font: inherit; font-size: 14px; max-width: 100%; }
.tools input, .tools select { height: 36px; }
input { width: 100%; }
button { cursor: pointer; }
button:disabled { opacity: 0.4; cursor: default; }
th button { padding: 0; border: 0; background: none; color: inherit; font: inherit; font-size: 13px; }
th[aria-sort="ascending"] button::after { content: " ▲"; }
th[aria-sort="descending"] button::after { content: " ▼"; }
#verdict-table > thead th { white-space: nowrap; }
.token { cursor: pointer; }
.token:hover { background: var(--panel); }
.toggle { padding: 0 2px; border: 0; background: none; color: var(--accent); font-variant-numeric: tabular-nums; }
.toggle::before { content: "▸ "; }
.toggle[aria-expanded="true"]::before { content: "▾ "; }
.evidence > td { padding: 8px 16px 20px; background: var(--panel); }
.evidence table { margin-bottom: 12px; font-size: 13.5px; }
.evidence caption { padding: 4px 10px; color: var(--ink-strong); font-size: 13.5px; font-weight: 600; text-align: left; }
.top { margin: 0; padding: 0; list-style: none; }
.top li { padding: 0 4px; background: linear-gradient(to right, color-mix(in srgb, var(--accent) 25%, transparent) calc(var(--share) * 100%), transparent 0); }
.facts { display: flex; flex-wrap: wrap; gap: 8px 24px; margin: 0; font-size: 13.5px; }
.facts dt { color: var(--ink-muted); }
.facts dd { margin: 0; color: var(--ink-strong); font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.pager { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-top: 12px; }
.pager output { margin: 0 8px; font-variant-numeric: tabular-nums; }
.pager .downloads { margin-left: auto; }
.command { display: block; margin-bottom: 14px; padding: 10px 14px; border-radius: 8px; background: var(--panel); color: var(--ink-strong); user-select: all; }

@media (max-width: 640px) {
  main { padding: 20px 14px 48px; }
  h1 { font-size: 24px; }
  .headlines { gap: 8px; }
  .headlines > div { flex-basis: 140px; }
  .headlines .value { font-size: 21px; }
  .plot { overflow-x: auto; }
  .plot > figure > svg { min-width: 640px; }
  #verdict-table > thead .wide, .token .wide { display: none; }
  .tools { position: static; }
  th, td { padding: 6px; }
  .evidence > td { padding: 8px 6px 16px; }
  .evidence thead { display: none; }
  .evidence table, .evidence caption, .evidence tbody, .evidence tbody tr, .evidence tbody td { display: block; border: 0; }
  .evidence tbody tr { padding: 6px 0; border-top: 1px solid var(--line); }
  .evidence tbody td { padding: 1px 6px; }
  .evidence td[data-head]::before { content: attr(data-head) ": "; color: var(--ink-muted); }
}
@media print {
  :root {
    color-scheme: light;
    --paper: #fff; --panel: #fff; --line: #ccc; --ink-strong: #000; --ink: #222; --ink-muted: #555; --accent: #000; --plot-grid: #ccc;
    --verdict-glitch: #b3122d; --verdict-normal: #2a5f96; --verdict-uncertain: #8a5600; --verdict-untested: #777;
  }
  body { font-size: 11px; }
  main { max-width: none; padding: 0; }
  th, td, p, dl, ul, button, figcaption, .evidence table { font-size: 10.5px !important; }
  .tools, .pager { display: none; }
  .headlines > div { border: 1px solid var(--line); }
  figure, tr, .headlines > div { break-inside: avoid; }
  thead { display: table-header-group; }
  .strip, .share, .top li { print-color-adjust: exact; }
}
`;
