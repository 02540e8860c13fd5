"""Write the table and the figure of accuracy by the share of units that are off."""

from collections import defaultdict
from statistics import mean

from dnnvis.core.stable_file import write_whole
from dnnvis.reproduce.ablation.runner import (
    FRACTIONS,
    HARMFUL_FIRST,
    HARMFUL_LAST,
    SUBJECTS,
    AblationConfig,
    CurveRecord,
    load_records,
)
from dnnvis.reproduce.common import as_markdown, write_csv

COLORS = {HARMFUL_FIRST: "#d55e00", HARMFUL_LAST: "#009e73", "random": "#8a8a8a"}


def write_results(config: AblationConfig) -> None:
    """Write ``ablation.csv``, ``ablation.png`` and ``report.md`` of the records there are."""
    records = load_records(config)
    if not records:
        return
    table = build_table(records)
    write_csv(config.out / "ablation.csv", table)
    draw_figure(config, records)
    layers = ", ".join(
        f"{net}: {SUBJECTS[net][1]} of {SUBJECTS[net][0]}"
        for net in dict.fromkeys(record.net for record in records)
    )
    text = (
        "# Accuracy by the share of units switched off\n\n"
        f"{layers}; accuracy on {records[0].pictures} test pictures, the sweep's order from as "
        "many training pictures. Random orders: the mean of the seeds.\n\n"
        f"{as_markdown(table)}\n\n![accuracy by the share of units off](ablation.png)\n"
    )
    write_whole(config.report_path, text)


def build_table(records: list[CurveRecord]) -> list[list[str]]:
    """Return the table: a row for each network and order, accuracies in percent."""
    grouped: dict[tuple[str, str], list[CurveRecord]] = defaultdict(list)
    for record in records:
        is_random = record.order.startswith("random")
        grouped[record.net, "random order" if is_random else record.order].append(record)
    table = [["network", "order", *(f"{100 * fraction:.0f} %" for fraction in FRACTIONS)]]
    for (net, order), group in grouped.items():
        columns = zip(*(record.accuracies for record in group), strict=True)
        name = order if len(group) == 1 else f"{order} ({len(group)} seeds)"
        table.append([net, name, *(f"{100 * mean(column):.1f}" for column in columns)])
    return table


def draw_figure(config: AblationConfig, records: list[CurveRecord]) -> None:
    """Draw the curves, a panel for each network."""
    from dnnvis.reproduce.introspection.plot_style import new_figure, save_png

    nets = list(dict.fromkeys(record.net for record in records))
    figure, axes = new_figure(4.2 * len(nets), 3.2, 1, len(nets))
    for axis, net in zip(axes.flat, nets, strict=True):
        seen: set[str] = set()
        for record in (each for each in records if each.net == net):
            kind = "random" if record.order.startswith("random") else record.order
            label = "random order" if kind == "random" else record.order
            axis.plot(
                [100 * fraction for fraction in record.fractions],
                [100 * accuracy for accuracy in record.accuracies],
                color=COLORS[kind],
                label="" if label in seen else label,
            )
            seen.add(label)
        axis.set(
            title=f"{net}, {SUBJECTS[net][1]}",
            xlabel="units off (%)",
            ylabel="accuracy (%)",
            xticks=range(0, 101, 20),
            yticks=range(0, 101, 20),
        )
        axis.legend(frameon=False, fontsize=8)
    save_png(figure, config.out / "ablation.png")
