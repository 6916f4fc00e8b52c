/// How the report page looks: its style sheet.
#pragma once

#include <maskrcnn/core/compiled.hpp>

namespace maskrcnn::inline MASKRCNN_FLAGS::evaluate {

/// Light or dark as the reader's system is; nothing is loaded from anywhere.
inline constexpr const char* html_style = R"css(
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1b2230; --soft: #5c6677; --line: #e2e6ec; --grid: #e9ecf1;
  --right: #0f8f7f; --wrong: #d4502b; --missed: #e0930f; --accent: #2a5bd7; --accent2: #8b46c9;
  --shadow: 0 1px 2px rgb(20 30 50 / 6%), 0 4px 16px rgb(20 30 50 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f131a; --card: #171c25; --ink: #e8ebf1; --soft: #98a3b5; --line: #2a313d; --grid: #252c37;
    --right: #35c2ae; --wrong: #f07a55; --missed: #f2b544; --accent: #7fa4ff; --accent2: #c694f5; --shadow: none;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 24px 64px; }
header h1 { font-size: clamp(1.5rem, 4.5vw, 2.1rem); line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 6px; overflow-wrap: anywhere; }
header p { margin: 0; color: var(--soft); overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; letter-spacing: -0.01em; margin: 48px 0 4px; }
h3 { font-size: 0.95rem; font-weight: 600; margin: 0 0 2px; }
p.note { margin: 0 0 14px; color: var(--soft); max-width: 75ch; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); padding: 18px 20px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 12px; margin-top: 26px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); padding: 14px 16px; }
.tile b { display: block; font-size: 1.7rem; font-weight: 650; letter-spacing: -0.02em; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 0.85rem; line-height: 1.35; display: block; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 16px; }
/* where more stands to the right, the edge is shaded */
.scroll {
  overflow-x: auto; -webkit-overflow-scrolling: touch;
  background: linear-gradient(to left, var(--card) 40%, transparent) right / 36px 100% no-repeat local,
    linear-gradient(to left, rgb(20 30 50 / 16%), transparent) right / 12px 100% no-repeat scroll, var(--card);
}
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { padding: 6px 12px; text-align: right; white-space: nowrap; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { text-align: left; padding-left: 0; position: sticky; left: 0; background: var(--card); }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; font-size: 0.82rem; }
tbody th { font-weight: 500; }
tbody tr:last-child > * { border-bottom: 0; }
td.main { font-weight: 650; }
.none { color: var(--soft); }
svg { display: block; width: 100%; height: auto; margin-top: 8px; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: var(--soft); }
svg .grid { stroke: var(--grid); stroke-width: 1; }
svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .mark { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
svg path { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.key { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 8px 0 0; padding: 0; list-style: none; font-size: 0.82rem; color: var(--soft); font-variant-numeric: tabular-nums; }
.key i { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 6px; vertical-align: middle; }
.key i.box { height: 10px; width: 10px; border-radius: 3px; }
figure { margin: 0; }
.examples { display: grid; gap: 16px; }
.examples .sides { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; margin-top: 10px; }
.examples img { display: block; width: 100%; height: auto; max-height: 560px; object-fit: contain; border-radius: 8px; background: var(--grid); }
.examples small { display: block; color: var(--soft); margin-bottom: 4px; }
figcaption { display: flex; flex-wrap: wrap; gap: 2px 18px; align-items: baseline; font-size: 0.9rem; color: var(--soft); font-variant-numeric: tabular-nums; }
figcaption strong { color: var(--ink); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: 0.92rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 620px) {
  main { padding: 24px 14px 48px; }
  .card { padding: 14px; }
  .tiles { grid-template-columns: repeat(2, 1fr); gap: 8px; }
  .tile b { font-size: 1.45rem; }
  table { font-size: 0.86rem; }
  th, td { padding: 6px 5px; }
  thead th { font-size: 0.76rem; white-space: normal; }
  th:first-child, td:first-child { white-space: normal; min-width: 5.2em; }
  .examples .sides { grid-template-columns: 1fr; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 8px; }
}
@media print { .card, .tile { break-inside: avoid; box-shadow: none; } body { background: none; } }
)css";

}  // namespace maskrcnn::evaluate
