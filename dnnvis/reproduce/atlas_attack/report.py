"""Write the table and the figure of how often patches flip the answer."""

from collections.abc import Sequence

from dnnvis.core.stable_file import write_whole
from dnnvis.reproduce.atlas_attack.runner import (
    KINDS,
    AtlasAttackConfig,
    AttackRecord,
    load_records,
)
from dnnvis.reproduce.common import as_markdown, write_csv
from dnnvis.reproduce.proportion import wilson_interval

COLORS = {"atlas": "#d55e00", "random cells": "#0072b2", "noise": "#8a8a8a"}
ALL = "all pairs"
TARGET_RATIO = 2.0  # of the atlas's flip rate to that of random cells, asked


def write_results(config: AtlasAttackConfig) -> None:
    """Write ``atlas-attack.csv``, ``atlas-attack.png`` and ``report.md`` of the records."""
    records = load_records(config)
    if not records:
        return
    table = build_table(records)
    write_csv(config.out / "atlas-attack.csv", table)
    draw_figure(config, records)
    height, width = records[0].size
    text = (
        "# Patches that an atlas names, on test pictures\n\n"
        f"{records[0].settings}. Patches are {height} x {width} pixels: what examples of cells saw "
        "that speak for the class aimed at and lie nearest to cells of the attacked class; of as "
        "many random cells; and uniform noise. Each lies on pictures of the attacked class that "
        "the network gets right, at the same spots for all kinds. In brackets 95 % intervals "
        f"(Wilson).\n\n{as_markdown(table)}\n\n{describe_verdict(records)}\n\n"
        "![flip rates](atlas-attack.png)\n"
    )
    write_whole(config.report_path, text)


def sum_records(records: Sequence[AttackRecord], kind: str) -> tuple[int, int, int]:
    """Return (pictures, flipped, reached) of one kind over all pairs."""
    some = [record for record in records if record.kind == kind]
    return (
        sum(record.pictures for record in some),
        sum(record.flipped for record in some),
        sum(record.reached for record in some),
    )


def build_table(records: Sequence[AttackRecord]) -> list[list[str]]:
    """Return the table: a row for each pair and kind, and for each kind over all pairs."""
    table = [["pair", "patches", "pictures", "flipped", "to the class aimed at"]]
    for record in records:
        counts = (record.pictures, record.flipped, record.reached)
        table.append([f"{record.source} to {record.target}", record.kind, *_format(*counts)])
    for kind in KINDS:
        counts = sum_records(records, kind)
        if counts[0]:
            table.append([ALL, kind, *_format(*counts)])
    return table


def _format(pictures: int, flipped: int, reached: int) -> list[str]:
    return [str(pictures), _format_rate(flipped, pictures), _format_rate(reached, pictures)]


def _format_rate(successes: int, count: int) -> str:
    low, high = wilson_interval(successes, count)
    return f"{100 * successes / count:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def describe_verdict(records: Sequence[AttackRecord]) -> str:
    """Return in sentences how the atlas's patches compare with those of random cells."""
    (count, flipped, reached), (other_count, other_flipped, other_reached) = (
        sum_records(records, kind) for kind in KINDS[:2]
    )
    if not count or not other_count:
        return "The comparison is not complete yet."
    flips = _compare(flipped / count, other_flipped / other_count)
    aimed = _compare(reached / count, other_reached / other_count)
    return (
        f"Over all pairs the atlas's patches flip {flips}. To the class aimed at they flip {aimed}."
    )


def _compare(rate: float, other_rate: float) -> str:
    text = f"{100 * rate:.1f} %, those of random cells {100 * other_rate:.1f} %"
    if not other_rate:
        return text
    ratio = rate / other_rate
    verdict = "as asked" if ratio >= TARGET_RATIO else f"less than the {TARGET_RATIO:g} asked"
    return f"{text}: {ratio:.2f} times as many, {verdict}"


def draw_figure(config: AtlasAttackConfig, records: Sequence[AttackRecord]) -> None:
    """Draw the flip rates with their intervals, a group of bars for each pair."""
    from dnnvis.reproduce.introspection.plot_style import new_figure, save_png

    pairs = list(dict.fromkeys((record.source, record.target) for record in records))
    figure, axes = new_figure(1.5 + 1.5 * len(pairs), 3.4, 1, 1)
    (axis,) = axes.flat
    for number, kind in enumerate(KINDS):
        some = [record for record in records if record.kind == kind]
        spots = [pairs.index((r.source, r.target)) + 0.27 * (number - 1) for r in some]
        rates = [100 * r.flipped / r.pictures for r in some]
        limits = [wilson_interval(r.flipped, r.pictures) for r in some]
        errors = [
            [rate - 100 * low for rate, (low, _) in zip(rates, limits, strict=True)],
            [100 * high - rate for rate, (_, high) in zip(rates, limits, strict=True)],
        ]
        axis.bar(spots, rates, 0.25, color=COLORS[kind], label=kind, yerr=errors, capsize=2)
    axis.set(ylabel="answers flipped (%)", xticks=range(len(pairs)), yticks=range(0, 101, 20))
    axis.set(ylim=(0, 100))
    axis.set_xticklabels([f"{source}\nto {target}" for source, target in pairs])
    axis.legend(frameon=False, fontsize=8)
    save_png(figure, config.out / "atlas-attack.png")
