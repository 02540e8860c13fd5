"""Style sheet of an exported page, and the few lines of script that sort, filter and enlarge."""

import base64
import hashlib

LIGHT = {
    "back": "#fbfbf9",
    "card": "#ffffff",
    "line": "#deded8",
    "text": "#1c1d21",
    "quiet": "#5c5f68",
    "link": "#0b5c8a",
    "bar": "#0f766e",
    "below": "#9a5b13",
    "mark": "#b3261e",
    "chip": "#eceee9",
    "well": "#f1f1ec",
}
DARK = {
    "back": "#121317",
    "card": "#1b1c22",
    "line": "#33353e",
    "text": "#eceef2",
    "quiet": "#a6aab6",
    "link": "#7cc4f0",
    "bar": "#4fd1c1",
    "below": "#e0a458",
    "mark": "#ff8a80",
    "chip": "#2a2c35",
    "well": "#22242b",
}


def _css_variables(colors: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in colors.items())


STYLE = (
    f":root{{color-scheme:light dark;{_css_variables(LIGHT)}}}\n"
    f"@media (prefers-color-scheme:dark){{:root{{{_css_variables(DARK)}}}}}\n"
    """
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);
 font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible,
summary:focus-visible,img:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-99em}
.skip:focus{left:1em;top:1em;background:var(--card);padding:.5em 1em;z-index:9}
header,main,footer{max-width:1320px;margin:0 auto;padding:0 clamp(1rem,3vw,2.5rem)}
header{padding-top:2rem}
nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;font-size:.95rem;margin-bottom:1.2rem}
.eyebrow{margin:0;color:var(--quiet);font-size:.95rem;letter-spacing:.02em}
h1{font-size:clamp(2rem,4.5vw,3.2rem);line-height:1.1;margin:.1em 0 .25em;letter-spacing:-.02em;
 overflow-wrap:anywhere;font-weight:650}
h1 small{font-size:.5em;font-weight:450;color:var(--quiet);letter-spacing:0}
h2{font-size:1.4rem;margin:2.6rem 0 .3rem;letter-spacing:-.01em}
h3{font-size:1rem;margin:0}
p{max-width:72ch}
.lead{font-size:1.12rem;margin:.2rem 0 1rem}
.quiet{color:var(--quiet)} .small{font-size:.875rem}
dl.facts{display:flex;flex-wrap:wrap;gap:.4rem 2.2rem;margin:1rem 0 0;padding:.8rem 0;
 border-block:1px solid var(--line)}
dl.facts div{min-width:6rem} dl.facts dt{font-size:.8rem;color:var(--quiet)}
dl.facts dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
figure{margin:0} img{display:block;max-width:100%;height:auto}
img.hard{image-rendering:pixelated}
figcaption{font-size:.875rem;line-height:1.4;overflow-wrap:anywhere}
.value{font-weight:650;font-variant-numeric:tabular-nums}
.cut{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.kept{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:1.2rem;
 margin-top:1rem}
.kept figure{background:var(--card);border:1px solid var(--line);border-radius:12px;
 overflow:hidden}
.kept figure>img{width:100%;aspect-ratio:1;object-fit:contain;background:var(--well)}
.kept figcaption{padding:.9rem 1rem 1rem}
.honest{display:grid;gap:.5rem;margin:.6rem 0;padding:0}
.honest div{display:grid;grid-template-columns:1fr auto;gap:.15rem 1rem}
.honest dt{color:var(--quiet)} .honest dd{margin:0;grid-column:1/-1}
.honest .said{grid-column:2;text-align:right;font-variant-numeric:tabular-nums;font-weight:600}
.meter{position:relative;display:block;height:.55rem;min-width:3rem;border-radius:1rem;
 background:var(--chip);overflow:hidden}
.meter .fill{position:absolute;inset:0 auto 0 0;background:var(--bar);border-radius:1rem}
.meter .mark{position:absolute;top:0;bottom:0;width:2px;background:var(--mark)}
.spark{display:block;width:100%;height:56px;margin:.4rem 0}
.curve{fill:none;stroke:var(--bar);stroke-width:1.6;vector-effect:non-scaling-stroke}
details{margin-top:.5rem} summary{cursor:pointer;color:var(--link)}
pre{margin:.5rem 0 0;padding:.8rem 1rem;background:var(--well);border-radius:8px;overflow:auto;
 font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;
 overflow-wrap:anywhere}
.examples{display:grid;grid-template-columns:repeat(auto-fill,minmax(124px,1fr));gap:1.1rem .8rem;
 margin:1rem 0 0;padding:0;list-style:none}
.examples figure>img,.examples .boxed{width:100%;margin-bottom:4px;border-radius:6px;
 background:var(--well)}
.examples figure>img{aspect-ratio:1;object-fit:contain}
.boxed{position:relative;display:block;overflow:hidden;max-height:100%}
.boxed img{width:100%;height:100%;object-fit:fill}
.field{position:absolute;border:2px solid #fff;outline:1.5px solid #000;border-radius:2px;
 pointer-events:none}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:0 3rem}
.chart{width:100%;max-width:760px;height:auto;margin-top:.8rem}
.chart text{fill:var(--quiet);font-size:13px} .tick{stroke:var(--quiet)}
.bar{fill:var(--bar)} .bar.below{fill:var(--below)}
table.bars{border-collapse:collapse;width:100%;max-width:760px;margin-top:.8rem}
.bars th,.bars td{padding:.2rem .6rem .2rem 0;text-align:left;font-weight:400;vertical-align:middle}
.bars thead th{font-size:.8rem;color:var(--quiet)} .bars tbody th{max-width:18rem;
 overflow-wrap:anywhere} .bars td:nth-child(2){width:50%}
.bars .right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.kin{display:grid;grid-template-columns:repeat(auto-fill,minmax(112px,1fr));gap:.8rem;
 margin:1rem 0 0;padding:0;list-style:none}
.kin img,.kin .none{width:100%;aspect-ratio:1;object-fit:contain;border-radius:8px;
 background:var(--well)}
.none{display:grid;place-items:center;color:var(--quiet);font-size:.8rem;text-align:center}
.note{border-left:4px solid var(--bar);background:var(--card);padding:.8rem 1rem;margin:1rem 0;
 white-space:pre-wrap;overflow-wrap:anywhere;max-width:80ch}
.tools{display:flex;flex-wrap:wrap;gap:.7rem 1.4rem;align-items:end;margin:1.2rem 0;padding:1rem;
 background:var(--card);border:1px solid var(--line);border-radius:12px}
.tools label{font-size:.85rem;color:var(--quiet);display:grid;gap:.2rem}
.tools label.tick-box{display:flex;gap:.4rem;align-items:center;color:var(--text)}
.tools input[type=search],.tools select{font:inherit;color:var(--text);background:var(--back);
 border:1px solid var(--quiet);border-radius:7px;padding:.35rem .6rem;min-width:11rem}
.tools output{margin-left:auto;color:var(--quiet)}
html:not(.js) .tools{display:none}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(236px,1fr));gap:.9rem;
 margin:1rem 0 0;padding:0;list-style:none}
.unit{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:.7rem;
 content-visibility:auto;contain-intrinsic-size:auto 190px}
.unit[hidden]{display:none}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:6px;margin-bottom:.5rem}
.pair>img,.pair>.none,.four{width:100%;aspect-ratio:1;border-radius:8px;overflow:hidden;
 background:var(--well);object-fit:contain}
.four{display:grid;grid-template-columns:1fr 1fr;grid-template-rows:1fr 1fr;gap:3px}
.four img{width:100%;height:100%;object-fit:cover}
.unit .line{display:flex;justify-content:space-between;gap:.6rem;align-items:baseline}
.chips{display:flex;flex-wrap:wrap;gap:.3rem;margin-top:.3rem}
.chip{background:var(--chip);border-radius:1rem;padding:.05rem .55rem;font-size:.8rem}
.chip.dead{outline:1px solid var(--mark)}
.layers{display:grid;grid-template-columns:minmax(0,1fr);gap:1rem;margin:1rem 0 0;
 padding:0;list-style:none}
.layers li{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem}
.strip{display:flex;gap:4px;overflow:hidden;margin-top:.7rem;height:72px}
.strip img{height:72px;width:72px;object-fit:cover;border-radius:6px;flex:none}
footer{margin-top:3rem;padding-block:1.2rem 3rem;border-top:1px solid var(--line);
 font-size:.9rem}
dialog{border:0;border-radius:12px;padding:1rem;background:var(--card);color:var(--text);
 max-width:94vw;max-height:94vh}
dialog::backdrop{background:rgb(0 0 0/.75)}
dialog img{width:min(84vw,74vh);height:auto;max-height:76vh;object-fit:contain;margin:auto}
dialog p{margin:.7rem 0 0}
.js [data-caption]{cursor:zoom-in}
@media print{.tools,nav,.skip{display:none}body{font-size:11pt;background:#fff;color:#000}
 figure,.unit,li{break-inside:avoid}}
@media (prefers-reduced-motion:no-preference){.unit{transition:border-color .15s}
 .unit:hover{border-color:var(--quiet)}}
"""
)

SCRIPT = """
"use strict";
(function () {
  var page = document.documentElement;
  page.classList.add("js");
  page.dataset.errors = "0";
  addEventListener("error", function () { page.dataset.errors = +page.dataset.errors + 1; });
  addEventListener("load", function () {
    var images = Array.from(document.images).filter(function (one) { return one.src; });
    var good = images.filter(function (one) { return one.complete && one.naturalWidth > 0; });
    page.dataset.images = images.length;
    page.dataset.loaded = good.length;
  });

  var dialog = document.createElement("dialog");
  document.body.append(dialog);
  function enlarge(small) {
    var large = new Image();
    large.src = small.src;
    large.alt = small.alt;
    large.className = small.className;
    var words = document.createElement("p");
    words.textContent = small.dataset.caption;
    dialog.replaceChildren(large, words);
    dialog.showModal();
  }
  document.querySelectorAll("img[data-caption]").forEach(function (small) {
    if (small.closest("a")) { return; }
    small.tabIndex = 0;
    small.setAttribute("role", "button");
  });
  document.addEventListener("click", function (event) {
    if (dialog.open) { dialog.close(); return; }
    if (event.target.matches("img[role=button]")) { enlarge(event.target); }
  });
  document.addEventListener("keydown", function (event) {
    var wanted = event.key === "Enter" || event.key === " ";
    if (wanted && !dialog.open && event.target.matches("img[role=button]")) {
      event.preventDefault();
      enlarge(event.target);
    }
  });

  var tools = document.querySelector(".tools");
  if (!tools) { return; }
  var grid = document.querySelector(".grid");
  var units = Array.from(grid.children);
  function arrange() {
    var words = tools.elements.words.value.trim().toLowerCase();
    var by = tools.elements.order.value;
    var shown = 0;
    units.forEach(function (unit) {
      var fits = unit.dataset.words.toLowerCase().indexOf(words) >= 0;
      ["kept", "marked", "awake"].forEach(function (name) {
        var box = tools.elements[name];
        if (box.checked && unit.dataset[name] !== "1") { fits = false; }
      });
      unit.hidden = !fits;
      if (fits) { shown += 1; }
    });
    function key(unit) {
      var text = unit.dataset[by];
      return text === undefined || text === "" ? -Infinity : +text;
    }
    units.slice().sort(function (a, b) {
      var first = +a.dataset.number - +b.dataset.number;
      if (by === "number") { return first; }
      var left = key(a), right = key(b);
      return left === right ? first : right > left ? 1 : -1;
    }).forEach(function (unit) { grid.append(unit); });
    tools.querySelector("output").textContent = shown + " of " + units.length + " units";
  }
  tools.addEventListener("input", arrange);
  tools.addEventListener("submit", function (event) { event.preventDefault(); });
  arrange();
})();
"""


def script_hash(script: str = SCRIPT) -> str:
    """Return a script's hash for a Content-Security-Policy: no other script may run."""
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
