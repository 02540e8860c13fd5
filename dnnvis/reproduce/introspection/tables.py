"""Every figure of every network: what was asked, each seed's value, the mean, the paper's."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dnnvis.reproduce.introspection.config import NET_TITLES, SECOND_SEED_OFFSET, SIGMAS
from dnnvis.reproduce.introspection.records import StepRecord

MIN_SEEDS = 3  # seeds below which nothing is decided
Key = tuple[str, ...]  # where a number lies in a record


@dataclass(frozen=True)
class MetricSpec:
    """A number in the records that the table shows."""

    #: Kind of the records that hold it.
    kind: str
    label: str
    #: Where it lies in what was found.
    path: Key
    #: ">=" or "<=", and the bound; None: as measured.
    target: tuple[str, float] | None = None
    #: The paper's number, or one that was measured before.
    reference: str = ""
    #: The bound is asked of these only.
    nets: tuple[str, ...] = ("net1",)


@dataclass(frozen=True)
class MetricRow:
    """A line of the table."""

    net: str
    label: str
    target: str
    reference: str
    #: By seed.
    values: dict[int, float]
    verdict: str = ""

    @property
    def mean(self) -> float | None:
        """The mean over the seeds; None where there are none."""
        known = list(self.values.values())
        return sum(known) / len(known) if known else None


def _spec(kind: str, label: str, *path: str, target: Any = None, reference: str = "") -> MetricSpec:
    return MetricSpec(kind, label, path, target, reference)


MAP_METRICS = (
    _spec(
        "map",
        "test accuracy of the network",
        "accuracy",
        reference="paper .9657 (Net1); paper .762 (Net2)",
    ),
    _spec("map", "kNN(15) in z, train -> test", "kNN15", target=(">=", 0.965)),
    _spec("map", "kNN(15) in PCA-2", "kNN15 pca", reference=".896 measured before (Net1)"),
    _spec("map", "share of test z in [-4, 4]^2", "in frame", target=(">=", 0.999)),
    _spec("map", "R2, test", "R2", target=(">=", 0.83)),
    _spec("map", "R2, train", "R2 train"),
    _spec("map", "MMD^2 to N(0, I), test", "mmd", reference=".0018 measured before (Net1)"),
    _spec("map", "MMD^2 to N(0, I), train", "mmd train"),
    _spec("map", "AUROC of the expected error, 2-d", "auroc 2d", target=(">=", 0.91)),
    _spec("map", "AUROC, richer (50 components)", "auroc rich", target=(">=", 0.95)),
    _spec("map", "AUROC, 1 - max (free)", "auroc 1-max", reference=".950 measured before (Net1)"),
    _spec(
        "map",
        "median wrong - right, 2-d, orders",
        "gap 2d",
        target=(">=", 2.5),
        reference="paper: two to three (Net1)",
    ),
    _spec("map", "median wrong - right, richer, orders", "gap rich"),
    _spec("map", "correlation with the true log10 e, 2-d", "correlation 2d"),
    _spec("map", "correlation with the true log10 e, richer", "correlation rich"),
    _spec("map", "agreement E[dec z] with direct means", "agreement E[dec z]", target=(">=", 0.95)),
    _spec("map", "agreement dec(E[z]) (equation 9)", "agreement dec E[z]", target=(">=", 0.95)),
    _spec("map", "agreement E[dec z], active units", "agreement E[dec z], active units"),
    _spec(
        "map",
        "agreement of halves (noise ceiling)",
        "agreement of halves",
        reference=".985 measured before (Net1)",
    ),
    _spec(
        "map",
        "fewest units of a class",
        "units per class",
        "least",
        reference='paper: "more or less uniform"',
    ),
    _spec("map", "most units of a class", "units per class", "most"),
    _spec("map", "units that do not vary", "units left out"),
    _spec("map", "median saturation of the brainbow", "brainbow saturation"),
    _spec(
        "map",
        "- with fully saturated class colours",
        "brainbow saturation, pure hues",
        reference=".84 measured before (Net1)",
    ),
    _spec(
        "map",
        "equation 11 as printed: below 0",
        "equation 11 below 0",
        reference=".296 measured before (Net1)",
    ),
    _spec(
        "map",
        "equation 11 as printed: above 1",
        "equation 11 above 1",
        reference=".198 measured before (Net1)",
    ),
    _spec("map", "CPU seconds of a map after the harvest", "cpu seconds", "all"),
    _spec("map", "- components", "cpu seconds", "components"),
    _spec("map", "- autoencoder", "cpu seconds", "autoencoder"),
    _spec("map", "- estimator, 2-d", "cpu seconds", "estimator 2d"),
    _spec("map", "- estimator, richer", "cpu seconds", "estimator rich"),
)
SECOND_MAP_METRICS = (
    _spec(
        "twin",
        f"Procrustes residual, map seeds s and s + {SECOND_SEED_OFFSET}",
        "procrustes",
        reference=".783 measured before; 0 = only rotated",
    ),
    _spec(
        "twin", "correlation of the class distances", "distances", reference=".32 measured before"
    ),
    _spec("twin", "classes with the same nearest class", "neighbours", reference="2 of 10 before"),
)
AUROC_REFERENCES = {
    "2d": [f"{value} measured before (Net1)" for value in (".995", ".966", ".675")],
    "rich": [""] * 3,
}
ATTACK_METRICS = (
    _spec("attack", "attacks", "attacks"),
    *(
        _spec("attack", f"target reached within {n} steps", "reached after", str(n))
        for n in (5, 10, 20, 50, 100)
    ),
    _spec(
        "attack",
        "target at the end (success)",
        "target reached",
        reference='paper: "not all succeed"; .57 measured before (Net1)',
    ),
    _spec("attack", "any other class at the end", "label changed"),
    _spec("attack", "least success of a target", "by target", "least"),
    _spec("attack", "most success of a target", "by target", "most"),
    _spec("attack", "median step of the first hit", "first hit, median step"),
    _spec("attack", "attacks with a gradient of exactly 0", "stuck at all"),
    _spec("attack", "greatest change of a pixel", "greatest change"),
    _spec(
        "attack",
        "successes that cross the 5 % line, 2-d",
        "crossed 2d",
        target=(">=", 0.95),
        reference=".986 measured before (Net1)",
    ),
    _spec("attack", "- up to the first hit", "crossed 2d up to the hit"),
    _spec("attack", "- whose clean picture is below it", "crossed 2d, clean picture below"),
    _spec(
        "attack",
        "- still above it at the end",
        "above 2d at the end",
        reference=".109 measured before (Net1)",
    ),
    _spec("attack", "successes that cross the 5 % line, richer", "crossed rich"),
    _spec("attack", "- up to the first hit", "crossed rich up to the hit"),
    _spec("attack", "- still above it at the end", "above rich at the end"),
    _spec("attack", "clean pictures above the line, 2-d", "clean pictures above 2d"),
    *(
        _spec(
            "attack",
            f"AUROC attacked - clean at the {at}, {kind}",
            f"auroc {kind} {at}",
            reference=known,
        )
        for kind in ("2d", "rich")
        for at, known in zip(("peak", "hit", "end"), AUROC_REFERENCES[kind], strict=True)
    ),
    *(
        _spec("attack", f"median expected log10 e at the {at}, 2-d", f"median 2d {at}")
        for at in ("start", "hit", "peak", "end")
    ),
)
EARLIER_ERROR_RATES = {  # error rates of clean and noise-trained Net1, and #907's of the clean one
    0.05: (".040", ".038", "0"),
    0.1: (".041", ".039", "0"),
    0.2: (".058", ".044", ".06"),
    0.3: (".111", ".051", ".25"),
    0.5: (".284", ".076", ".59"),
    1.0: (".609", ".217", ".75"),
}


def _noise_metrics(net: str) -> Iterator[MetricSpec]:
    yield _spec("noise", "error rate, no noise", "errors without noise")
    for key, label in (
        ("errors", "error rate"),
        ("spread", "spread of z, median"),
        ("displacement", "displacement, median"),
    ):
        for sigma in SIGMAS:
            reference = ""
            if key == "errors" and net != "net2":
                reference = f"{EARLIER_ERROR_RATES[sigma][net == 'sister']} measured before"
            yield _spec(
                "noise", f"{label}, sigma {sigma:g}", f"{sigma:g}", key, reference=reference
            )
    for sigma in SIGMAS if net != "net2" else ():
        reference = f"{EARLIER_ERROR_RATES[sigma][2]} measured before" if net == "net1" else ""
        yield _spec(
            "noise",
            f"error rate of #907, sigma {sigma:g}",
            f"{sigma:g}",
            "first",
            "errors",
            reference=reference,
        )


def metric_rows(records: Sequence[StepRecord]) -> list[MetricRow]:
    """Make the whole table, of the records there are."""
    nets = [net for net in NET_TITLES if any(record.net == net for record in records)]
    rows: list[MetricRow] = []
    for net in nets:
        own = [record for record in records if record.net == net]
        for spec in (*MAP_METRICS, *SECOND_MAP_METRICS, *_noise_metrics(net), *ATTACK_METRICS):
            row = _metric_row(spec, net, own)
            if row.values:
                rows.append(row)
        if net == "sister":
            rows += _noise_ratio_rows(records)
    return rows


def _metric_row(spec: MetricSpec, net: str, records: Sequence[StepRecord]) -> MetricRow:
    values = {r.seed: read_number(r.found, spec.path) for r in records if r.kind == spec.kind}
    known = {seed: value for seed, value in sorted(values.items()) if value is not None}
    target = spec.target if net in spec.nets else None
    target_text = "as measured" if target is None else f"{target[0]} {target[1]:g}"
    row = MetricRow(net, spec.label, target_text, _own_reference(spec.reference, net), known)
    return row if target is None else _judge(row, target)


def _own_reference(reference: str, net: str) -> str:
    """As much of a reference as is about this network."""
    parts = [part.strip() for part in reference.split(";")]
    tags = {f"({NET_TITLES[other]})": other == net for other in NET_TITLES}
    fits = [p for p in parts if all(own for tag, own in tags.items() if p.endswith(tag))]
    return "; ".join(p.removesuffix(f"({NET_TITLES[net]})").strip() for p in fits)


def _judge(row: MetricRow, target: tuple[str, float]) -> MetricRow:
    mean = row.mean
    if mean is None or len(row.values) < MIN_SEEDS:
        verdict = f"not decided: {len(row.values)} seeds"
    else:
        is_met = mean >= target[1] if target[0] == ">=" else mean <= target[1]
        verdict = "met" if is_met else "missed"
    return MetricRow(row.net, row.label, row.target, row.reference, row.values, verdict)


def _noise_ratio_rows(records: Sequence[StepRecord]) -> list[MetricRow]:
    """Error rates at sigma .3: noise-trained over clean, seed by seed."""
    rates: dict[str, dict[int, float]] = {"net1": {}, "sister": {}}
    for record in records:
        value = read_number(record.found, ("0.3", "errors")) if record.kind == "noise" else None
        if record.net in rates and value is not None:
            rates[record.net][record.seed] = value
    both = sorted(rates["net1"].keys() & rates["sister"].keys())
    values = {s: rates["sister"][s] / rates["net1"][s] for s in both if rates["net1"][s]}
    row = MetricRow(
        "sister",
        "error rate at sigma 0.3 / the clean network's",
        "<= 0.5",
        "figure 5; .46 measured before",
        values,
    )
    return [_judge(row, ("<=", 0.5))] if values else []


REDUCE: dict[str, Callable[[Sequence[float]], float]] = {"least": min, "most": max}


def read_number(data: Any, path: Key) -> float | None:
    """Return the number at ``path``, ``least`` and ``most`` of a list; None where there is none."""
    for name in path:
        if isinstance(data, list) and name in REDUCE:
            values = [value for value in data if value is not None]
            data = REDUCE[name](values) if values else None
        else:
            data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, bool) or not isinstance(data, int | float):
        return None
    return float(data) if math.isfinite(data) else None


def as_cells(rows: Sequence[MetricRow], seeds: Sequence[int]) -> list[list[str]]:
    """Return header and lines, as text."""
    head = ["network", "figure", "asked", "paper or reference"]
    table = [[*head, *(f"seed {seed}" for seed in seeds), "mean", "verdict"]]
    for row in rows:
        values = [_format_value(row.values.get(seed)) for seed in seeds]
        table.append(
            [
                NET_TITLES[row.net],
                row.label,
                row.target,
                row.reference,
                *values,
                _format_value(row.mean),
                row.verdict,
            ]
        )
    return table


def _format_value(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def class_table(
    records: Sequence[StepRecord], classes: Mapping[str, Sequence[str]]
) -> list[list[Any]]:
    """Make a line for each network, seed and class: units, accuracy, estimates, attacks."""
    table: list[list[Any]] = [
        [
            "network",
            "seed",
            "class",
            "units",
            "units by the decoder",
            "accuracy",
            "right",
            "median right",
            "wrong",
            "median wrong",
            "success as target",
            "success as source",
        ]
    ]
    attacks = {(r.net, r.seed): r.found for r in records if r.kind == "attack"}
    for record in records:
        if record.kind != "map" or "violins 2d" not in record.found:
            continue
        attack = attacks.get((record.net, record.seed), {})
        numbers = record.found
        for k, name in enumerate(classes[record.net]):
            violins = numbers["violins 2d"][k]
            medians = [
                violins[side]["quantiles"][2] if violins[side]["count"] else ""
                for side in ("right", "wrong")
            ]
            table.append(
                [
                    NET_TITLES[record.net],
                    record.seed,
                    name,
                    numbers["units per class"][k],
                    numbers["units per class, decoder"][k],
                    numbers["accuracy by class"][k],
                    violins["right"]["count"],
                    medians[0],
                    violins["wrong"]["count"],
                    medians[1],
                    *(attack[f"by {side}"][k] if attack else "" for side in ("target", "source")),
                ]
            )
    return table
