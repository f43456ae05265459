"""How the report looks."""

INK, MUTED, LINE, ACCENT, WARN = "#1b2733", "#64748b", "#e2e8f0", "#0f766e", "#b45309"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
COLOURS = ["#0f766e", "#d97706", "#4f46e5", "#be185d", "#65a30d", "#0284c7", "#9333ea", "#64748b"]
RUNG_COLOURS = ["#cbd5e1", "#99c7dd", "#5ba3c0", "#2b7f95", "#0f766e", "#134e4a"]
"""Pale for trials that stopped early, dark for those that climbed."""

CSS = f"""
*{{box-sizing:border-box}}
html{{scroll-behavior:smooth}}
body{{margin:0;background:#f5f7f9;color:{INK};font:15px/1.55 {FONT}}}
header{{background:linear-gradient(120deg,#0b3b3a,#0f766e);color:#fff;padding:44px 0 84px}}
header h1{{margin:0;font-size:30px;letter-spacing:-.02em}}
header p{{margin:6px 0 0;opacity:.82}}
nav{{position:sticky;top:0;z-index:5;background:#fffffff2;border-bottom:1px solid {LINE}}}
nav a{{display:inline-block;padding:9px 6px;color:{MUTED};text-decoration:none;font-size:12.5px}}
nav a:hover{{color:{ACCENT}}}
.wide{{max-width:1120px;margin:0 auto;padding:0 22px}}
.tiles{{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px;margin-top:-56px;margin-bottom:20px}}
.tile{{background:#fff;border-radius:12px;padding:16px 18px;box-shadow:0 1px 3px #0f172a1f}}
.tile b{{display:block;font-size:25px;letter-spacing:-.02em;font-weight:650}}
.tile span{{color:{MUTED};font-size:13px;display:block}}
section{{background:#fff;border-radius:12px;padding:22px 24px 18px;margin:0 0 20px;box-shadow:0 1px 3px #0f172a14;
scroll-margin-top:56px}}
h2{{margin:0 0 4px;font-size:19px;letter-spacing:-.01em}}
.lead{{margin:0 0 12px;color:{MUTED};max-width:78ch}}
.verdict{{border-left:4px solid {ACCENT};background:#f0fdfa;padding:10px 14px;
border-radius:0 8px 8px 0;margin:10px 0 14px}}
.verdict.lost{{border-color:{WARN};background:#fffbeb}}
.scroll{{overflow-x:auto}}
table{{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}}
th{{text-align:left;color:{MUTED};font-weight:600;padding:7px 10px;border-bottom:2px solid {LINE};white-space:nowrap}}
td{{padding:7px 10px;border-bottom:1px solid {LINE};vertical-align:top}}
td.number,th.number{{text-align:right;white-space:nowrap}}
tr.winner td{{background:#f0fdfa;font-weight:600}}
small{{display:block;color:{MUTED};font-size:12px;font-weight:400}}
td.small{{color:{MUTED};font-size:12.5px;font-weight:400!important;min-width:260px}}
.state{{display:inline-block;padding:1px 8px;border-radius:99px;font-size:12px;font-weight:600}}
.state.finished{{background:#ccfbf1;color:#115e59}}.state.stopped{{background:#f1f5f9;color:#475569}}
.state.failed{{background:#fee2e2;color:#991b1b}}.state.running{{background:#e0f2fe;color:#075985}}
.state.infeasible{{background:#fae8ff;color:#86198f}}.state.paused{{background:#fef9c3;color:#854d0e}}
.facts{{columns:3 260px;column-gap:36px;font-size:13.5px;margin:8px 0 0}}
.facts div{{display:flex;justify-content:space-between;gap:14px;padding:3px 0;border-bottom:1px solid {LINE};
break-inside:avoid}}
.facts dt{{color:{MUTED};white-space:nowrap}}.facts dd{{margin:0;overflow-wrap:anywhere;text-align:right}}
code{{background:#f1f5f9;border-radius:4px;padding:1px 5px;font-size:.92em}}
.diagram{{width:100%;height:auto;max-height:420px;font-family:{FONT}}}
.diagram text{{text-anchor:middle;font-size:12.5px;fill:{INK}}}
.diagram .name{{font-weight:650}}.diagram .note{{font-size:11px;fill:{MUTED}}}
.diagram .arrow{{fill:none;stroke:#94a3b8;stroke-width:1.4;marker-end:url(#head)}}.diagram marker path{{fill:#94a3b8}}
.diagram .frame{{fill:#f8fafc;stroke:#cbd5e1;stroke-dasharray:4 4}}
.diagram .box rect{{fill:#f1f5f9;stroke:#cbd5e1}}
.diagram .text rect{{fill:#fef3c7;stroke:#f1c75b}}.diagram .table rect{{fill:#e0e7ff;stroke:#a5b4fc}}
.diagram .layer rect{{fill:#ccfbf1;stroke:#5eead4}}
.diagram .result rect{{fill:{ACCENT};stroke:{ACCENT}}}
.diagram .result text{{fill:#fff}}
@media(max-width:900px){{nav{{position:static}}section{{padding:18px 16px 14px}}}}
footer{{color:{MUTED};font-size:12.5px;padding:6px 0 40px}}
"""
