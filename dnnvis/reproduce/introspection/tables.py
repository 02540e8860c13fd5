"""Every figure of every network: what was asked, each seed's value, the mean, the paper's."""

import csv
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnnvis.reproduce.introspection.config import SIGMAS, TITLES, TWIN
from dnnvis.reproduce.introspection.records import Record

LEAST = 3  # seeds below which nothing is decided
Key = tuple[str, ...]  # where a number lies in a record


@dataclass(frozen=True)
class Figure:
    """``path`` of a number in the records of ``kind``; ``asked``: (">=" or "<=", bound) or
    None, as measured; ``reference``: the paper's, or one that was measured before. ``nets``:
    the bound is asked of these only."""

    kind: str
    words: str
    path: Key
    asked: tuple[str, float] | None = None
    reference: str = ""
    nets: tuple[str, ...] = ("net1",)


@dataclass(frozen=True)
class Line:
    """A line of the table; ``values`` by seed."""

    net: str
    words: str
    asked: str
    reference: str
    values: dict[int, float]
    verdict: str = ""

    @property
    def mean(self) -> float | None:
        known = list(self.values.values())
        return sum(known) / len(known) if known else None


def _f(kind: str, words: str, *path: str, asked: Any = None, reference: str = "") -> Figure:
    return Figure(kind, words, path, asked, reference)


MAP = (
    _f("map", "test accuracy of the network", "accuracy",
       reference="paper .9657 (Net1); paper .762 (Net2)"),
    _f("map", "kNN(15) in z, train -> test", "kNN15", asked=(">=", 0.965)),
    _f("map", "kNN(15) in PCA-2", "kNN15 pca", reference=".896 measured before (Net1)"),
    _f("map", "share of test z in [-4, 4]^2", "in frame", asked=(">=", 0.999)),
    _f("map", "R2, test", "R2", asked=(">=", 0.83)),
    _f("map", "R2, train", "R2 train"),
    _f("map", "MMD^2 to N(0, I), test", "mmd", reference=".0018 measured before (Net1)"),
    _f("map", "MMD^2 to N(0, I), train", "mmd train"),
    _f("map", "AUROC of the expected error, 2-d", "auroc 2d", asked=(">=", 0.91)),
    _f("map", "AUROC, richer (50 components)", "auroc rich", asked=(">=", 0.95)),
    _f("map", "AUROC, 1 - max (free)", "auroc 1-max", reference=".950 measured before (Net1)"),
    _f("map", "median wrong - right, 2-d, orders", "gap 2d", asked=(">=", 2.5),
       reference="paper: two to three (Net1)"),
    _f("map", "median wrong - right, richer, orders", "gap rich"),
    _f("map", "correlation with the true log10 e, 2-d", "correlation 2d"),
    _f("map", "correlation with the true log10 e, richer", "correlation rich"),
    _f("map", "agreement E[dec z] with direct means", "agreement E[dec z]", asked=(">=", 0.95)),
    _f("map", "agreement dec(E[z]) (equation 9)", "agreement dec E[z]", asked=(">=", 0.95)),
    _f("map", "agreement E[dec z], active units", "agreement E[dec z], active units"),
    _f("map", "agreement of halves (noise ceiling)", "agreement of halves",
       reference=".985 measured before (Net1)"),
    _f("map", "fewest units of a class", "units per class", "least",
       reference='paper: "more or less uniform"'),
    _f("map", "most units of a class", "units per class", "most"),
    _f("map", "units that do not vary", "units left out"),
    _f("map", "median saturation of the brainbow", "brainbow saturation"),
    _f("map", "- with fully saturated class colours", "brainbow saturation, pure hues",
       reference=".84 measured before (Net1)"),
    _f("map", "equation 11 as printed: below 0", "equation 11 below 0",
       reference=".296 measured before (Net1)"),
    _f("map", "equation 11 as printed: above 1", "equation 11 above 1",
       reference=".198 measured before (Net1)"),
    _f("map", "CPU seconds of a map after the harvest", "cpu seconds", "all"),
    _f("map", "- components", "cpu seconds", "components"),
    _f("map", "- autoencoder", "cpu seconds", "autoencoder"),
    _f("map", "- estimator, 2-d", "cpu seconds", "estimator 2d"),
    _f("map", "- estimator, richer", "cpu seconds", "estimator rich"),
)  # fmt: skip
TWINS = (
    _f("twin", f"Procrustes residual, map seeds s and s + {TWIN}", "procrustes",
       reference=".783 measured before; 0 = only rotated"),
    _f("twin", "correlation of the class distances", "distances",
       reference=".32 measured before"),
    _f("twin", "classes with the same nearest class", "neighbours", reference="2 of 10 before"),
)  # fmt: skip
KNOWN = {
    "2d": [f"{value} measured before (Net1)" for value in (".995", ".966", ".675")],
    "rich": [""] * 3,
}
ATTACKS = (
    _f("attack", "attacks", "attacks"),
    *(_f("attack", f"target reached within {n} steps", "reached after", str(n))
      for n in (5, 10, 20, 50, 100)),
    _f("attack", "target at the end (success)", "target reached",
       reference='paper: "not all succeed"; .57 measured before (Net1)'),
    _f("attack", "any other class at the end", "label changed"),
    _f("attack", "least success of a target", "by target", "least"),
    _f("attack", "most success of a target", "by target", "most"),
    _f("attack", "median step of the first hit", "first hit, median step"),
    _f("attack", "attacks with a gradient of exactly 0", "stuck at all"),
    _f("attack", "greatest change of a pixel", "greatest change"),
    _f("attack", "successes that cross the 5 % line, 2-d", "crossed 2d", asked=(">=", 0.95),
       reference=".986 measured before (Net1)"),
    _f("attack", "- up to the first hit", "crossed 2d up to the hit"),
    _f("attack", "- whose clean picture is below it", "crossed 2d, clean picture below"),
    _f("attack", "- still above it at the end", "above 2d at the end",
       reference=".109 measured before (Net1)"),
    _f("attack", "successes that cross the 5 % line, richer", "crossed rich"),
    _f("attack", "- up to the first hit", "crossed rich up to the hit"),
    _f("attack", "- still above it at the end", "above rich at the end"),
    _f("attack", "clean pictures above the line, 2-d", "clean pictures above 2d"),
    *(_f("attack", f"AUROC attacked - clean at the {at}, {kind}", f"auroc {kind} {at}",
         reference=known)
      for kind in ("2d", "rich")
      for at, known in zip(("peak", "hit", "end"), KNOWN[kind], strict=True)),
    *(_f("attack", f"median expected log10 e at the {at}, 2-d", f"median 2d {at}")
      for at in ("start", "hit", "peak", "end")),
)  # fmt: skip
BEFORE = {  # error rates of clean and noise-trained Net1, and #907's of the clean one
    0.05: (".040", ".038", "0"), 0.1: (".041", ".039", "0"), 0.2: (".058", ".044", ".06"),
    0.3: (".111", ".051", ".25"), 0.5: (".284", ".076", ".59"), 1.0: (".609", ".217", ".75"),
}  # fmt: skip


def _noise(net: str) -> Iterator[Figure]:
    yield _f("noise", "error rate, no noise", "errors without noise")
    for what, words in (
        ("errors", "error rate"), ("spread", "spread of z, median"),
        ("displacement", "displacement, median"),
    ):  # fmt: skip
        for sigma in SIGMAS:
            known = ""
            if what == "errors" and net != "net2":
                known = f"{BEFORE[sigma][net == 'sister']} measured before"
            yield _f("noise", f"{words}, sigma {sigma:g}", f"{sigma:g}", what, reference=known)
    for sigma in SIGMAS if net != "net2" else ():
        known = f"{BEFORE[sigma][2]} measured before" if net == "net1" else ""
        yield _f(
            "noise", f"error rate of #907, sigma {sigma:g}", f"{sigma:g}", "first", "errors",
            reference=known,
        )  # fmt: skip


def lines(records: Sequence[Record]) -> list[Line]:
    """The whole table, of the records there are."""
    nets = [net for net in TITLES if any(record.net == net for record in records)]
    found: list[Line] = []
    for net in nets:
        own = [record for record in records if record.net == net]
        for figure in (*MAP, *TWINS, *_noise(net), *ATTACKS):
            line = _line(figure, net, own)
            if line.values:
                found.append(line)
        if net == "sister":
            found += _ratio(records)
    return found


def _line(figure: Figure, net: str, records: Sequence[Record]) -> Line:
    values = {r.seed: number(r.found, figure.path) for r in records if r.kind == figure.kind}
    known = {seed: value for seed, value in sorted(values.items()) if value is not None}
    asked = figure.asked if net in figure.nets else None
    words = "as measured" if asked is None else f"{asked[0]} {asked[1]:g}"
    line = Line(net, figure.words, words, _own(figure.reference, net), known)
    return line if asked is None else _judged(line, asked)


def _own(reference: str, net: str) -> str:
    """As much of a reference as is about this network."""
    parts = [part.strip() for part in reference.split(";")]
    tags = {f"({TITLES[other]})": other == net for other in TITLES}
    fits = [p for p in parts if all(own for tag, own in tags.items() if p.endswith(tag))]
    return "; ".join(p.removesuffix(f"({TITLES[net]})").strip() for p in fits)


def _judged(line: Line, asked: tuple[str, float]) -> Line:
    mean = line.mean
    if mean is None or len(line.values) < LEAST:
        verdict = f"not decided: {len(line.values)} seeds"
    else:
        met = mean >= asked[1] if asked[0] == ">=" else mean <= asked[1]
        verdict = "met" if met else "missed"
    return Line(line.net, line.words, line.asked, line.reference, line.values, verdict)


def _ratio(records: Sequence[Record]) -> list[Line]:
    """Error rates at sigma .3: noise-trained over clean, seed by seed."""
    rates: dict[str, dict[int, float]] = {"net1": {}, "sister": {}}
    for record in records:
        value = number(record.found, ("0.3", "errors")) if record.kind == "noise" else None
        if record.net in rates and value is not None:
            rates[record.net][record.seed] = value
    both = sorted(rates["net1"].keys() & rates["sister"].keys())
    values = {s: rates["sister"][s] / rates["net1"][s] for s in both if rates["net1"][s]}
    line = Line(
        "sister", "error rate at sigma 0.3 / the clean network's", "<= 0.5",
        "figure 5; .46 measured before",
        values,
    )  # fmt: skip
    return [_judged(line, ("<=", 0.5))] if values else []


REDUCE: dict[str, Callable[[Sequence[float]], float]] = {"least": min, "most": max}


def number(found: Any, path: Key) -> float | None:
    """The number at ``path``; ``least`` and ``most`` of a list. None where there is none."""
    for name in path:
        if isinstance(found, list) and name in REDUCE:
            known = [value for value in found if value is not None]
            found = REDUCE[name](known) if known else None
        else:
            found = found.get(name) if isinstance(found, dict) else None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None


# ---- files -------------------------------------------------------------------------------


def as_cells(found: Sequence[Line], seeds: Sequence[int]) -> list[list[str]]:
    """Header and lines, as text."""
    head = ["network", "figure", "asked", "paper or reference"]
    table = [[*head, *(f"seed {seed}" for seed in seeds), "mean", "verdict"]]
    for line in found:
        values = [_said(line.values.get(seed)) for seed in seeds]
        table.append([
            TITLES[line.net], line.words, line.asked, line.reference, *values, _said(line.mean),
            line.verdict,
        ])  # fmt: skip
    return table


def _said(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def by_class(records: Sequence[Record], classes: Mapping[str, Sequence[str]]) -> list[list[Any]]:
    """A line for each network, seed and class: units, accuracy, estimates, attacks."""
    table: list[list[Any]] = [[
        "network", "seed", "class", "units", "units by the decoder", "accuracy", "right",
        "median right", "wrong", "median wrong", "success as target", "success as source",
    ]]  # fmt: skip
    attacks = {(r.net, r.seed): r.found for r in records if r.kind == "attack"}
    for record in records:
        if record.kind != "map" or "violins 2d" not in record.found:
            continue
        attack = attacks.get((record.net, record.seed), {})
        found = record.found
        for k, name in enumerate(classes[record.net]):
            two = found["violins 2d"][k]
            middle = [two[w]["quantiles"][2] if two[w]["count"] else "" for w in ("right", "wrong")]
            table.append([
                TITLES[record.net], record.seed, name, found["units per class"][k],
                found["units per class, decoder"][k], found["accuracy by class"][k],
                two["right"]["count"], middle[0], two["wrong"]["count"], middle[1],
                *(attack[f"by {w}"][k] if attack else "" for w in ("target", "source")),
            ])  # fmt: skip
    return table


def write_csv(place: Path, table: Sequence[Sequence[Any]]) -> None:
    """Write beside, then rename. Raises OSError."""
    fresh = place.with_name(f"{place.name}.new")
    with fresh.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)
    os.replace(fresh, place)


def as_markdown(table: Sequence[Sequence[Any]]) -> str:
    """A table in Markdown, its first line the header."""
    head, *rest = [[str(cell).replace("|", "\\|") for cell in line] for line in table]
    rows = [head, ["---"] * len(head), *rest]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
