/** The page's style: light or dark as the reader's system has it, and readable on a phone. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2430; --soft: #5b6675;
  --rule: #e3e7ec; --panel: #f6f8fa; --good: #1a7f4b; --bad: #b3261e; --warn: #8a5a00;
  --color1: #0b66c3; --color2: #c2500a; --color3: #6b7785; }
@media (prefers-color-scheme: dark) { :root { --paper: #10151c; --ink: #e4e9ef; --soft: #9aa7b5;
  --rule: #2a323d; --panel: #181f28; --good: #4cc38a; --bad: #ff8a80; --warn: #e2b04a;
  --color1: #64aef5; --color2: #f2a35e; --color3: #8593a3; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2.2rem 0 .6rem; }
.sub { color: var(--soft); margin: .2rem 0 1.2rem; }
.status { display: inline-block; padding: 0 .6rem; border: 1px solid; border-radius: 1rem;
  font-size: .9rem; vertical-align: .2em; margin-left: .5rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.tiles { display: grid; gap: .7rem; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); }
.tile { background: var(--panel); border-radius: .5rem; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.35rem; font-weight: 600;
  font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: .85rem; }
.charts { display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
figure { margin: 0; background: var(--panel); border-radius: .5rem; padding: .8rem .9rem;
  min-width: 0; }
figcaption { font-weight: 600; margin-bottom: .4rem; }
svg { display: block; width: 100%; height: auto; }
.grid { stroke: var(--rule); } .axis { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.line.dashed { stroke-dasharray: 5 4; }
.line.color1 { stroke: var(--color1); } .line.color2 { stroke: var(--color2); }
.line.color3 { stroke: var(--color3); }
.legend { margin: .4rem 0 0; font-size: .85rem; color: var(--soft); }
.legend span { margin-right: 1rem; white-space: nowrap; }
.legend i { display: inline-block; width: 1rem; border-top: 3px solid; margin-right: .35rem;
  vertical-align: .25em; }
.legend i.dashed { border-top-style: dashed; }
.legend .color1 { color: var(--color1); } .legend .color2 { color: var(--color2); }
.legend .color3 { color: var(--color3); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; font-weight: normal; }
th { color: var(--soft); }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bars th { width: 50%; color: var(--ink); } .bars .bar { width: 30%; padding-right: 0; }
.bars i { display: block; height: .7rem; margin-top: .4rem; border-radius: 2px;
  background: var(--color1); }
code, pre { font: 13px/1.5 ui-monospace, monospace; }
pre { background: var(--panel); border-radius: .5rem; padding: .7rem .9rem; margin: .5rem 0;
  white-space: pre-wrap; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .85rem; }
@media (max-width: 34rem) { .bars th { width: 60%; } .bars .bar { display: none; } }
@media print { .tile, figure, pre { border: 1px solid var(--rule); } }
`
