"""Write the tables and the figure of the share of units that detect a concept."""

from collections import Counter
from statistics import mean

from dnnvis.core.probing.dissection import MIN_SCORES
from dnnvis.core.stable_file import write_whole
from dnnvis.reproduce.common import as_markdown, write_csv
from dnnvis.reproduce.dissection.runner import (
    DissectionConfig,
    FractionsRecord,
    LayerFractions,
    load_records,
)

TRAINED, SHUFFLED = "#0072b2", "#8a8a8a"
SHOWN_CONCEPTS = 4  # of a layer, in the table


def write_results(config: DissectionConfig) -> None:
    """Write ``dissection.csv``, ``dissection.png`` and ``report.md`` of the records there are."""
    records = load_records(config)
    if not records:
        return
    table = build_table(records)
    write_csv(config.out / "dissection.csv", table)
    draw_figure(config, records)
    pictures = records[0].pictures
    seeds = ", ".join(str(seed) for seed in dict.fromkeys(record.seed for record in records))
    points = ", ".join(
        f"{record.net} {record.points} x {record.points}"
        for record in {each.net: each for each in records}.values()
    )
    text = (
        "# Units that detect a concept\n\n"
        "Network dissection (Bau et al. 2017) with concepts that are made: colors, stripes, "
        "checks, dots, curves, gradients, textures, or patterns of the Game of Life; "
        f"{pictures} pictures (seeds {seeds}), points a side: {points}. A unit has the name of its "
        f"best concept where the IoU is {MIN_SCORES['iou']} or more, at the value that 0.5 % of "
        "its own exceed, its map brought to the pixels. Beside it the same networks with the "
        "numbers of each weight tensor in another order (seed 0). Percent of all units of the "
        "layer, the mean of the seeds.\n\n"
        f"{as_markdown(table)}\n\n![share of units that detect a concept](dissection.png)\n"
    )
    write_whole(config.report_path, text)


def build_table(records: list[FractionsRecord]) -> list[list[str]]:
    """Return the table: a row for each network and layer."""
    header = [
        "network",
        "layer",
        "units",
        "with a concept",
        "shuffled",
        "never fire",
        "most frequent",
    ]
    table = [header]
    for net in dict.fromkeys(record.net for record in records):
        own = [record for record in records if record.net == net]
        for layers in zip(*(record.layers for record in own), strict=True):
            table.append([net, layers[0].layer, str(layers[0].units), *_describe(layers)])
    return table


def _describe(layers: tuple[LayerFractions, ...]) -> list[str]:
    counts: Counter[str] = Counter()
    for layer in layers:
        counts.update(layer.concepts)
    frequent = ", ".join(
        f"{name} {count / len(layers):g}" for name, count in counts.most_common(SHOWN_CONCEPTS)
    )
    silent = mean(layer.units - layer.fire for layer in layers)
    control_silent = mean(layer.units - layer.control_fire for layer in layers)
    return [
        f"{mean(100 * layer.named / layer.units for layer in layers):.1f} %",
        f"{mean(100 * layer.control_named / layer.units for layer in layers):.1f} %",
        f"{silent:g} / {control_silent:g}",
        frequent,
    ]


def draw_figure(config: DissectionConfig, records: list[FractionsRecord]) -> None:
    """Draw the shares by layer, a panel for each network."""
    from dnnvis.reproduce.introspection.plot_style import new_figure, save_png

    nets = list(dict.fromkeys(record.net for record in records))
    figure, axes = new_figure(4.6 * len(nets), 3.6, 1, len(nets))
    for axis, net in zip(axes.flat, nets, strict=True):
        own = [record for record in records if record.net == net]
        names = [layer.layer for layer in own[0].layers]
        for number, record in enumerate(own):
            for color, label, fractions in (
                (TRAINED, "trained", [layer.named / layer.units for layer in record.layers]),
                (
                    SHUFFLED,
                    "weights shuffled",
                    [layer.control_named / layer.units for layer in record.layers],
                ),
            ):
                axis.plot(
                    range(len(names)),
                    [100 * fraction for fraction in fractions],
                    marker="o",
                    markersize=3,
                    color=color,
                    label="" if number else label,
                )
        axis.set(title=net, ylabel="units with a concept (%)", ylim=(0, 100))
        axis.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
        axis.legend(frameon=False, fontsize=8)
    save_png(figure, config.out / "dissection.png")
