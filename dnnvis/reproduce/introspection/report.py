"""Tables, pictures and a page of Markdown from the records, the maps and what is kept beside."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map
from dnnvis.reproduce.introspection import (
    learning,
    pictures,
    plot_style,
    plots_maps,
    plots_paths,
    plots_units,
    records,
    tables,
)
from dnnvis.reproduce.introspection.config import TITLES, Attack, Order
from dnnvis.reproduce.introspection.maps import map_place
from dnnvis.reproduce.introspection.records import Record
from dnnvis.reproduce.output import check_folder as check_folder  # others ask for it here

ATTACKED = (
    "attacks towards every other class, their paths on the expected error (dotted: missed), the "
    "picture at the end and what was added to it. Above each its target and, where that was "
    "missed, what the network says instead (resisted: still the right class)."
)
PLOTS = {
    "fig2.png": "Figure 2: learning record, training set, expected error (hatched: no training "
    "example lives there; white: wrong training examples), test set (crosses: wrong).",
    "fig3.png": "Figure 3: the network sorted by the class that each unit works for.",
    "fig4.png": "Figure 4: one right and, where there is one, one wrong test example of each "
    "class: picture, place on the map, sorted pattern in [-1, 4].",
    "fig5.png": "Figure 5: noisy copies of test digit #907 on the maps of the clean and of the "
    "noise-trained network (each map is its own).",
    "fig6-net1.png": f"Figure 6 for Net1: {ATTACKED}",
    "fig6-net2.png": f"Figure 6 for Net2: {ATTACKED}",
    "fig7.png": "Figure 7: expected error of right and wrong test examples of each class.",
}


@dataclass(frozen=True, eq=False)
class Results:
    """What there is: ``found`` of all steps that were asked for, ``maps`` by network and seed;
    ``left`` records that are missing."""

    order: Order
    found: list[Record]
    maps: dict[tuple[str, int], Map] = field(default_factory=dict)
    left: int = 0

    def first(self, net: str) -> Map | None:
        """The map of the first seed that has one."""
        return next((made for (own, _), made in self.maps.items() if own == net), None)


def results(order: Order) -> Results:
    """The records of ``order`` in its folder of results, and the first seed's maps (and others
    until one has a learning record)."""
    found, left = [], 0
    for step in order.steps:
        for seed in step.seeds:
            place = records.place_of(order.out, step.kind, step.net, seed)
            try:
                found.append(records.read(place))
            except BadInput:
                left += 1
    return Results(order, found, _maps(order, found), left)


def _maps(order: Order, found: Sequence[Record]) -> dict[tuple[str, int], Map]:
    made: dict[tuple[str, int], Map] = {}
    for record in found:
        if record.kind != "map":
            continue
        network = 0 if record.net == "net2" else record.seed
        place = map_place(order, record.net, network, record.seed)
        have = [one for (net, _), one in made.items() if net == record.net]
        enough = bool(have) and (record.net != "net1" or any(one.record for one in have))
        if enough or not place.is_file():
            continue
        one = read_map(place)
        if one.fingerprint == record.network.get("fingerprint"):
            made[record.net, record.seed] = one
    return made


def write_results(order: Order) -> Path:
    """Everything from what is there; where the report is. Raises BadInput where it cannot be
    written."""
    seen = results(order)
    lines = tables.lines(seen.found)
    cells = tables.as_cells(lines, order.seeds)
    classes = {net: one.classes for (net, _), one in seen.maps.items()}
    names = {net: classes.get(net, tuple(map(str, range(10)))) for net in TITLES}
    try:
        tables.write_csv(order.out / "figures.csv", cells)
        each = tables.by_class(seen.found, names)
        tables.write_csv(order.out / "classes.csv", each)
        _write(order.out / "figures.md", "# Every figure\n\n" + tables.as_markdown(cells) + "\n")
        drawn = write_plots(seen)
        place = order.out / "report.md"
        _write(place, report(seen, lines, drawn))
    except OSError as why:
        raise BadInput(f"{order.out} cannot be written to: {why}.") from None
    return place


def _write(place: Path, text: str) -> None:
    fresh = place.with_name(f"{place.name}.new")
    fresh.write_text(text, encoding="utf-8")
    os.replace(fresh, place)


def write_plots(seen: Results) -> list[str]:
    """The pictures that can be drawn now; the names of all that lie there. Raises OSError."""
    for name, drawn in _plots(seen).items():
        if drawn is not None:
            plot_style.save(drawn, seen.order.out / name)
    return [name for name in PLOTS if (seen.order.out / name).is_file()]


def _plots(seen: Results) -> dict[str, Figure | None]:
    rows = {net: one for net in ("net1", "net2") if (one := seen.first(net)) is not None}
    known = {net: one for net, one in rows.items() if one.estimators and one.classes}
    found: dict[str, Figure | None] = {}
    if known:
        one = next((m for (n, _), m in seen.maps.items() if n == "net1" and m.record), None)
        two = learning.recorded(seen.order)
        over = {net: m.record for net, m in (("net1", one), ("net2", two)) if m is not None}
        found["fig2.png"] = plots_maps.maps(known, over)
        found["fig7.png"] = plots_maps.violins(known)
    if "net1" in known:
        found["fig3.png"] = plots_units.sorted_network(known["net1"])
        held = _held(seen, "map", "net1")
        if held:
            found["fig4.png"] = plots_units.patterns(known["net1"], held)
    found["fig5.png"] = _figure5(seen)
    for net, one in known.items():
        held = _held(seen, "attack", net)
        if held:
            words = f"{TITLES[net]}: {_settings(seen.order.attack[net])}"
            found[f"fig6-{net}.png"] = plots_paths.attacks(one, held, words)
    return found


def _figure5(seen: Results) -> Figure | None:
    both = ("net1", "sister")
    made = {net: one for net in both if (one := seen.first(net)) is not None}
    held = {net: kept for net in both if (kept := _held(seen, "noise", net))}
    return plots_paths.constellations(made, held) if len(made) == len(held) == 2 else None


def _held(seen: Results, kind: str, net: str) -> pictures.Arrays | None:
    return pictures.kept(seen.order, kind, net, seen.order.seeds[0])


def _settings(asked: Attack) -> str:
    return f"FGSM, eps {asked.eps:g}, {asked.steps} steps"


# ---- the page ----------------------------------------------------------------------------


def report(seen: Results, lines: Sequence[tables.Line], drawn: Sequence[str]) -> str:
    """The page as Markdown; ``drawn``: the pictures beside it."""
    asked = [line for line in lines if line.verdict]
    parts = [
        _head(seen),
        "## Asked and measured\n\n" + tables.as_markdown(tables.as_cells(asked, seen.order.seeds)),
        "All figures: [figures.md](figures.md), figures.csv; by class: classes.csv.",
        *(f"![{PLOTS[name]}]({name})\n\n*{PLOTS[name]}*" for name in drawn),
        _departures(seen),
        _networks(seen),
        _machines(seen),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(seen: Results) -> str:
    order = seen.order
    seeds = ", ".join(map(str, order.seeds))
    words = (
        "# Coloring the Black Box, made again\n\n"
        f"Pardo et al. 2019, figures 2 to 7. Seeds {seeds}: of Net1 the classifier and its map "
        "have the same seed; Net2 is one classifier with a map for each seed. All numbers are of "
        "the test sets unless they say otherwise; a verdict is of the mean."
    )
    if seen.left:
        words += f"\n\n**Not finished: {seen.left} records are missing; means will change.**"
    return words


def _departures(seen: Results) -> str:
    one, two = seen.order.attack.get("net1", Attack()), seen.order.attack.get("net2", Attack())
    noise = seen.order.noise
    return "\n".join((
        "## What departs from the paper",
        "",
        "- Schedules: one rise and fall of the rate (peak 1e-3) instead of the paper's cycles of "
        "peak 1e-5, which explain 11 % of the variance in the same number of steps.",
        "- The autoencoder is trained on 256 principal components of the standardised "
        "activations and folded back into Table 2's layers; reconstruction is measured relative "
        "to the variance, so that the weight 1 of the MMD means something.",
        "- Net2 is trained with batch norm, folded away afterwards (see its card); "
        + _of_the_learning(seen),
        "- Equation 11's index slip is corrected and its values are kept in range.",
        "- The attack keeps pixels in [0, 1]. The paper's figure 6 is of Net2; Net1 is added. "
        f"Net1: {one.each} right test pictures of each class x all other classes, {one.steps} "
        f"steps of {one.eps:g}. Net2: {two.each} of each class, {two.steps} steps, the same "
        "attacks read on the map of every seed.",
        f"- Noise: {noise['net1'].copies} copies of {noise['net1'].pictures} test digits, #907 "
        f"among them; Net2: {noise['net2'].copies} of {noise['net2'].pictures}. Noise is not "
        "cut to [0, 1]. Spreads are of two different maps and compare only roughly; error rates "
        "compare exactly.",
        "- Peaks are the greatest of many states on a path and are compared with single clean "
        "test examples; the finished attack alone is at the *end*.",
    ))  # fmt: skip


def _of_the_learning(seen: Results) -> str:
    """What figure 2 (e) is of."""
    found = next((record.found for record in seen.found if record.kind == "learning"), None)
    if found is None:
        return "its weights during training were not kept, so figure 2 (e) is not made."
    phases = ", ".join(
        f"{passes:g} passes at {pixels} pixels" for pixels, passes in found["phases"]
    )
    return (
        "its weights during training were not kept, so figure 2 (e) is of another, shorter "
        f"training with the same course ({phases}; test accuracy {found['accuracy']:.4f}; "
        f"{len(found['moments'])} moments): `dnnvis train net2 --moments --phases ...`."
    )


def _networks(seen: Results) -> str:
    rows = [["network", "seed", "weights", "sha256 of the weights' file", "test accuracy"]]
    for record in seen.found:
        if record.kind == "map" and (record.net != "net2" or record.seed == seen.order.seeds[0]):
            accuracy = record.found.get("accuracy")
            rows.append([
                TITLES[record.net], str(record.seed), record.network.get("source", ""),
                record.network.get("sha256", ""), "" if accuracy is None else f"{accuracy:.4f}",
            ])  # fmt: skip
    return "## Networks\n\n" + tables.as_markdown(rows) if len(rows) > 1 else ""


def _machines(seen: Results) -> str:
    made = sorted({
        f"torch {r.made.get('torch')}, Python {r.made.get('python')}, {r.made.get('cpu')}"
        for r in seen.found
    })  # fmt: skip
    spent: dict[str, float] = {}
    for record in seen.found:
        spent[record.kind] = spent.get(record.kind, 0.0) + record.cpu
    words = ", ".join(f"{kind} {seconds:.0f}" for kind, seconds in spent.items())
    order = seen.order
    return (
        "## How\n\n"
        f"`dnnvis reproduce introspection -o DIR --data DATA --seeds {len(order.seeds)}"
        f"{' --networks FOLDER' if order.networks else ''}` with "
        f"{'; '.join(made) or 'nothing yet'}, one thread. Processor seconds: {words} (maps with "
        "their harvest, and with the training where a network was trained). Every step's record "
        "is in runs/; what a record holds is not done again."
    )
