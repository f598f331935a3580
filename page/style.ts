import { DARK_COLOURS } from "./colours.ts";

/** What every page looks like. */
export const STYLE: string = `
:root { color-scheme: light dark; --text: #222; --page: #fff; --quiet: #595959; --panel: #f4f4f4;
  --rule: #ddd; --mark: #fff0b8; --lead: #0072b2; --lead-panel: #f2f7fb; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --page: #161719; --quiet: #a3a3a3; --panel: #232529; --rule: #3a3d42;
    --mark: #5a4a10; --lead: #4aa8f0; --lead-panel: #1b2733;
    ${DARK_COLOURS} }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 980px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
figure { margin: 0; } svg { max-width: 100%; height: auto; --plot-background: var(--page); }
figcaption, .quiet { color: var(--quiet); font-size: .9rem; }
pre { background: var(--panel); padding: .6rem; overflow-x: auto; }
.finding { border-left: 4px solid var(--lead); padding: .4rem .8rem; background: var(--lead-panel); }
.legend span { margin-right: 1.2rem; white-space: nowrap; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; margin: 1rem 0; }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
body:has(.charts) { max-width: 1400px; } h3 { font-size: 1rem; margin: 1.2rem 0 .4rem; }
.charts, .strip { display: grid; gap: 1rem 1.5rem; }
.charts { grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); }
.charts h2 { font-size: 1rem; margin: .8rem 0 .3rem; } .charts svg { width: 100%; }
.strip { grid-template-columns: repeat(auto-fill, minmax(min(45%, 180px), 1fr)); }
.strip img { max-width: 100%; height: auto; display: block; }
.settings { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: start; }
.settings .wide { max-width: 100%; }
.hover rect:hover { fill-opacity: .1; }
.dot { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .4em; }
mark { background: var(--mark); color: inherit; padding: 0 .25em; }
`;
