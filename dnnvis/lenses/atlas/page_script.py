"""Style sheet and script of an atlas's page: pan, zoom, details of a cell, filter by class."""

ATLAS_STYLE = """
.atlas-view{display:grid;grid-template-columns:minmax(0,1fr) 320px;gap:1.2rem;align-items:start}
@media (max-width:860px){.atlas-view{grid-template-columns:minmax(0,1fr)}}
.atlas{position:relative;aspect-ratio:1;overflow:hidden;background:var(--well);
 border:1px solid var(--line);border-radius:12px;touch-action:none;cursor:grab}
.atlas.drag{cursor:grabbing}
.sheet{position:absolute;inset:0;transform-origin:0 0}
.level{position:absolute;inset:0}.level[hidden]{display:none}
.level img{position:absolute;border-radius:2%;max-width:none;object-fit:cover}
.level img.on{outline:2px solid var(--link);z-index:2}
.level img:focus-visible{outline:3px solid var(--link);outline-offset:0;z-index:3}
.cell-info{position:sticky;top:1rem;background:var(--card);border:1px solid var(--line);
 border-radius:12px;padding:1rem;min-height:22rem}
.cell-info>img{width:100%;border-radius:8px;background:var(--well)}
.cell-info ol{list-style:none;margin:.6rem 0;padding:0}
.cell-info li{display:grid;grid-template-columns:1fr 4rem 3.6rem;gap:.5rem;font-size:.875rem;
 align-items:center}
.cell-info li b{height:.5rem;border-radius:1rem;background:var(--bar);font-size:0}
.cell-info li b.below{background:var(--below)}
.cell-info li span:last-child{text-align:right;font-variant-numeric:tabular-nums}
.seen{display:grid;grid-template-columns:repeat(4,1fr);gap:4px}
.seen img{width:100%;aspect-ratio:1;object-fit:cover;border-radius:4px}
.tools button{font:inherit;color:var(--text);background:var(--back);border:1px solid var(--quiet);
 border-radius:7px;padding:.35rem .8rem;cursor:pointer}
"""

ATLAS_SCRIPT = """
"use strict";
(function () {
  var page = document.documentElement;
  page.classList.add("js");
  page.dataset.errors = "0";
  addEventListener("error", function () { page.dataset.errors = +page.dataset.errors + 1; });
  var data = JSON.parse(document.getElementById("atlas-data").textContent);
  var atlas = document.querySelector(".atlas"), sheet = atlas.querySelector(".sheet");
  var levels = Array.from(sheet.children), info = document.querySelector(".cell-info");
  var tools = document.querySelector(".tools"), choice = tools.elements.category;
  var zoom = 1, left = 0, top = 0, shown = 0, current = null;

  function place() {
    var side = atlas.clientWidth;
    left = Math.min(0, Math.max(left, side * (1 - zoom)));
    top = Math.min(0, Math.max(top, side * (1 - zoom)));
    sheet.style.transform = "translate(" + left + "px," + top + "px) scale(" + zoom + ")";
    shown = Math.min(levels.length - 1, Math.max(0, Math.floor(Math.log2(zoom) + 0.01)));
    levels.forEach(function (level, k) { level.hidden = k !== shown; });
    page.dataset.level = levels[shown].dataset.grid;
  }
  function zoomAt(factor, x, y) {
    var next = Math.min(32, Math.max(1, zoom * factor));
    left = x - (x - left) * next / zoom;
    top = y - (y - top) * next / zoom;
    zoom = next;
    place();
  }
  function middle(factor) { zoomAt(factor, atlas.clientWidth / 2, atlas.clientWidth / 2); }
  atlas.addEventListener("wheel", function (event) {
    event.preventDefault();
    var box = atlas.getBoundingClientRect();
    zoomAt(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  var drag = null;
  atlas.addEventListener("pointerdown", function (event) {
    drag = [event.clientX - left, event.clientY - top];
    atlas.classList.add("drag");
  });
  addEventListener("pointermove", function (event) {
    if (!drag) { return; }
    left = event.clientX - drag[0];
    top = event.clientY - drag[1];
    place();
  });
  addEventListener("pointerup", function () { drag = null; atlas.classList.remove("drag"); });

  function text(name, words) {
    var element = document.createElement(name);
    element.textContent = words;
    return element;
  }
  function show(image) {
    if (image === current) { return; }
    if (current) { current.classList.remove("on"); }
    current = image;
    image.classList.add("on");
    var grid = image.parentNode.dataset.grid, cell = data.levels[grid][+image.dataset.cell];
    var large = new Image();
    large.src = image.src;
    large.alt = image.alt;
    large.className = image.className.replace("on", "");
    var list = document.createElement("ol"), most = 0;
    cell.classes.forEach(function (pair) { most = Math.max(most, Math.abs(pair[1])); });
    cell.classes.slice(0, 6).forEach(function (pair) {
      var row = document.createElement("li"), bar = document.createElement("b");
      bar.style.width = (most ? 100 * Math.abs(pair[1]) / most : 0) + "%";
      if (pair[1] < 0) { bar.className = "below"; }
      row.append(text("span", data.classes[pair[0]]), bar, text("span", pair[1].toPrecision(3)));
      list.append(row);
    });
    var seen = document.createElement("div");
    seen.className = "seen";
    cell.examples.forEach(function (source) {
      var small = new Image();
      small.src = source;
      small.alt = "an example";
      seen.append(small);
    });
    var words = "Row " + cell.at[0] + ", column " + cell.at[1] + " of " + grid + " x " + grid +
      ": " + cell.count + " activations";
    info.replaceChildren(large, text("p", words), list, seen);
    page.dataset.cell = cell.at.join(",");
  }
  ["pointerover", "focusin"].forEach(function (kind) {
    sheet.addEventListener(kind, function (event) {
      if (event.target.matches("img") && !drag) { show(event.target); }
    });
  });

  function filter() {
    var wanted = choice.value === "" ? -1 : +choice.value, count = 0;
    levels.forEach(function (level, k) {
      var cells = data.levels[level.dataset.grid];
      var values = cells.map(function (cell) {
        var pair = cell.classes.find(function (one) { return one[0] === wanted; });
        return pair ? Math.max(0, pair[1]) : 0;
      });
      var most = Math.max.apply(null, values.concat([1e-12]));
      Array.from(level.children).forEach(function (image) {
        var share = wanted < 0 ? 1 : values[+image.dataset.cell] / most;
        image.style.opacity = wanted < 0 ? "" : String(0.06 + 0.94 * share);
        if (k === shown && (wanted < 0 || share > 0)) { count += 1; }
      });
    });
    tools.querySelector("output").textContent = count + " cells";
  }
  choice.addEventListener("input", filter);
  tools.addEventListener("submit", function (event) { event.preventDefault(); });
  tools.elements.nearer.addEventListener("click", function () { middle(2); });
  tools.elements.farther.addEventListener("click", function () { middle(0.5); });
  addEventListener("resize", place);
  place();
  filter();
  var images = Array.from(document.images);
  addEventListener("load", function () {
    page.dataset.images = images.length;
    page.dataset.loaded = images.filter(function (one) { return one.naturalWidth > 0; }).length;
  });
})();
"""
