#include "reports/html-style.h"

#include <stddef.h>

/* The series' colours are those of Okabe and Ito, which colour-blind readers can tell apart; lighter ones on
 * dark ground. */
/* clang-format off */
const char *const report_html_style[] = {
    /* colours */
    ":root{color-scheme:light dark;--page:#fff;--ink:#1c1b19;--soft:#5e5b55;--rule:#d8d5ce;"
    "--faint:#eceae5;--wash:#f6f5f2;--good:#00694d;--bad:#b23c00;--open:#7d5200;--none:#5e5b55;"
    "--agree:#009e7321;--zero:#1c1b19;--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#b5508f;--s4:#b07a00;"
    "--s5:#3a96cf;--s6:#4a4843}@media (prefers-color-scheme:dark){"
    ":root{--page:#15171a;--ink:#e7e4de;--soft:#a5a29b;--rule:#3a3d42;--faint:#26292d;--wash:#1d2024;"
    "--good:#4cc9a0;--bad:#ff8f61;--open:#f0b84a;--none:#a5a29b;--agree:#2fc89b2b;--zero:#e7e4de;"
    "--s0:#4fa8e6;--s1:#ff8a4c;--s2:#2fc89b;--s3:#e79ac8;--s4:#f0b53a;--s5:#a5daf8;--s6:#c9c6bf}}\n",
    /* text */
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0 auto;padding:2.5rem 1.5rem 4rem;max-width:66rem;background:var(--page);"
    "color:var(--ink);font:1.0625rem/1.55 Charter,'Bitstream Charter','Source Serif 4',"
    "'Iowan Old Style',Cambria,Georgia,'DejaVu Serif',serif}"
    "h1,h2,h3,h4{font-weight:600;line-height:1.2;text-wrap:balance}"
    "h1{font-size:2.1rem;margin:.3rem 0 .8rem}"
    "h2{font-size:1.45rem;margin:3.2rem 0 .3rem;padding-top:1rem;border-top:2px solid var(--ink)}"
    "h3{font-size:1.2rem;margin:2.8rem 0 .3rem}p{margin:.4rem 0 .8rem}"
    "a{color:inherit;text-underline-offset:.15em}"
    "a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--s0);"
    "outline-offset:2px}"
    ".brand,.counts,.run,table,summary,.badge,dl,svg,figcaption,.reproduce{font-family:system-ui,"
    "-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif}"
    "code{font:.86em/1.45 ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;"
    "overflow-wrap:anywhere}"
    ".brand{font-size:.8rem;letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:0}"
    ".lead{max-width:48rem}.run,.byline,.note,.why{color:var(--soft)}.run,.byline{font-size:.9rem}"
    ".byline{margin:0 0 1rem}.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}"
    ".none{color:var(--none)}\n",
    /* the counts */
    ".counts{display:flex;flex-wrap:wrap;gap:.5rem 1.8rem;list-style:none;margin:0 0 1rem;padding:0;"
    "font-size:1rem}"
    ".counts b{font-size:1.5rem;font-weight:600;font-variant-numeric:tabular-nums;margin-right:.25rem}"
    ".badge{font-size:.8rem;font-weight:600;white-space:nowrap;border:1.5px solid currentColor;"
    "border-radius:.25rem;padding:.08rem .45rem;margin-right:.5rem;vertical-align:.12em}\n",
    /* tables */
    ".scroll{overflow-x:auto;margin:.6rem 0 1rem}"
    "table{border-collapse:collapse;width:100%;font-size:.82rem;line-height:1.35;"
    "font-variant-numeric:tabular-nums lining-nums}"
    "th,td{text-align:left;vertical-align:baseline;padding:.36rem .8rem .36rem 0;"
    "border-bottom:1px solid var(--faint)}th:last-child,td:last-child{padding-right:0}"
    "thead th{font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--ink);"
    "white-space:nowrap;vertical-align:bottom}tbody th{font-weight:400}"
    ".n{text-align:right;white-space:nowrap}.s{max-width:6rem;text-align:right}"
    ".v{white-space:nowrap;font-weight:600}"
    "tr.group th{padding-top:1rem;font-weight:600;border-bottom-color:var(--rule)}"
    "tr.group .note{font-weight:400}tr.why td{padding-top:0}"
    "tr.has-why > *{border-bottom-color:transparent}"
    "td small,th small{display:block;color:var(--soft);font-size:.92em;overflow-wrap:anywhere}"
    ".summary .what{min-width:19rem}.summary a{font-weight:600}.summary code{white-space:nowrap}"
    ".agreement tbody th{min-width:12.5rem;max-width:22rem}"
    ".gauge{display:inline-block;width:3.4rem;height:.5rem;margin-left:.5rem;background:var(--faint);"
    "border-right:1.5px solid var(--ink)}.gauge i{display:block;height:100%;background:currentColor}\n",
    /* claims */
    ".statement{font-size:1.1rem;max-width:48rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.86rem;"
    "margin:.6rem 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}details{margin:.5rem 0}"
    "summary{cursor:pointer;font-size:.9rem;font-weight:600;padding:.25rem 0}"
    ".reproduce{font-size:.86rem;color:var(--soft);margin:.9rem 0}"
    ".reproduce code,.command{display:block;color:var(--ink);background:var(--wash);"
    "border-left:3px solid var(--rule);padding:.45rem .75rem;margin-top:.25rem;user-select:all}\n",
    /* figures */
    "figure{margin:1.4rem 0}figcaption{font-size:.86rem;color:var(--soft);margin-top:.2rem}"
    "svg.plot{display:block;width:100%;min-width:30rem;max-width:50rem;height:auto;font-size:12px}"
    "svg text{fill:var(--ink)}svg .tick,svg .note{fill:var(--soft);font-weight:400;font-size:11px}"
    "svg .label{font-size:12.5px}svg .row{font-size:11.5px;font-variant-numeric:tabular-nums}"
    "svg .group{font-weight:600;font-size:12.5px}svg path{fill:none}svg .axis{stroke:var(--ink)}"
    "svg .grid{stroke:var(--rule);stroke-width:.75}svg .minor{stroke:var(--faint)}"
    "svg .zero{stroke:var(--zero);stroke-width:1}"
    "svg .limit{stroke:var(--good);stroke-width:1;stroke-dasharray:4 3}svg .agree{fill:var(--agree)}"
    "svg .line{stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}"
    "svg .rule{stroke:currentColor;stroke-width:1;stroke-dasharray:1 3}svg .tick[class*=' s']{fill:currentColor}"
    "svg .dots{stroke:currentColor;stroke-width:3;stroke-linecap:round;opacity:.45}"
    "svg .bar{stroke:currentColor;stroke-width:1.3}"
    "svg .mark{stroke:currentColor;stroke-width:1.5;fill:var(--page)}"
    "svg .span{stroke:currentColor;stroke-width:1.6}svg .dot{fill:currentColor;stroke:none}"
    "svg .dot.open{fill:var(--page);stroke:currentColor;stroke-width:1.5}"
    "svg .cross{stroke:var(--bad);stroke-width:2.2}.s0{color:var(--s0)}.s1{color:var(--s1)}"
    ".s2{color:var(--s2)}.s3{color:var(--s3)}.s4{color:var(--s4)}.s5{color:var(--s5)}"
    ".s6{color:var(--s6)}footer{margin-top:3.5rem}\n",
    /* narrow screens */
    "@media (max-width:40rem){body{padding:1.25rem 1rem 3rem;font-size:1rem}h1{font-size:1.6rem}"
    "dl{grid-template-columns:1fr}dd{margin-bottom:.35rem}}\n",
    /* paper: everything open, ink on white, nothing cut in two */
    "@media print{"
    ":root{color-scheme:light;--page:#fff;--ink:#000;--soft:#444;--rule:#bbb;--faint:#eee;--wash:#fff;"
    "--good:#00573f;--bad:#a33600;--open:#6b4600;--none:#444;--agree:#009e731c;--zero:#000;"
    "--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#b5508f;--s4:#b07a00;--s5:#3a96cf;--s6:#4a4843}"
    "@page{size:A4;margin:18mm 16mm}body{max-width:none;padding:0;font-size:10pt}"
    "a{text-decoration:none}h2{break-before:page;border-top:0;padding-top:0}"
    "#summary h2,footer h2{break-before:auto}h2,h3,summary{break-after:avoid}"
    "tr,figure,.reproduce{break-inside:avoid}thead{display:table-header-group}.scroll{overflow:visible}"
    "table{font-size:7pt}th,td{padding-right:.5rem}.summary .what,.agreement tbody th{min-width:0}"
    "svg.plot{min-width:0;max-width:100%}summary{list-style:none}"
    "details::details-content{content-visibility:visible;display:block}}\n",
    NULL};
