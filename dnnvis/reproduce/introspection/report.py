"""Tables, pictures and a page of Markdown from the records, the maps and what is kept beside."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matplotlib.figure import Figure

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import write_whole
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map
from dnnvis.reproduce.common import (
    as_markdown,
    describe_machines,
    refuse_unwritable,
    write_csv,
)
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
from dnnvis.reproduce.introspection.config import NET_TITLES, AttackConfig, IntrospectionConfig
from dnnvis.reproduce.introspection.maps import map_path
from dnnvis.reproduce.introspection.records import StepRecord

ATTACK_CAPTION = (
    "attacks towards every other class, their paths on the expected error (dotted: missed), the "
    "picture at the end and what was added to it. Above each its target and, where that was "
    "missed, what the network says instead (resisted: still the right class)."
)
PLOT_CAPTIONS = {
    "fig2.png": "Figure 2: learning record, training set, expected error (hatched: no training "
    "example lives there; white: wrong training examples), test set (crosses: wrong).",
    "fig3.png": "Figure 3: the network sorted by the class that each unit works for.",
    "fig4.png": "Figure 4: one right and, where there is one, one wrong test example of each "
    "class: picture, place on the map, sorted pattern in [-1, 4].",
    "fig5.png": "Figure 5: noisy copies of test digit #907 on the maps of the clean and of the "
    "noise-trained network (each map is its own).",
    "fig6-net1.png": f"Figure 6 for Net1: {ATTACK_CAPTION}",
    "fig6-net2.png": f"Figure 6 for Net2: {ATTACK_CAPTION}",
    "fig7.png": "Figure 7: expected error of right and wrong test examples of each class.",
}


@dataclass(frozen=True, eq=False)
class IntrospectionResults:
    """What there is for the report."""

    config: IntrospectionConfig
    #: Of all steps that were asked for.
    records: list[StepRecord]
    #: By network and seed.
    maps: dict[tuple[str, int], Map] = field(default_factory=dict)
    #: How many records are missing.
    left: int = 0

    def first_map(self, net: str) -> Map | None:
        """Return the map of the first seed that has one."""
        return next(
            (
                activation_map
                for (net_of_map, _), activation_map in self.maps.items()
                if net_of_map == net
            ),
            None,
        )


def collect_results(config: IntrospectionConfig) -> IntrospectionResults:
    """Read the records of ``config`` in its folder of results, and maps.

    Of the maps the first seed's is read, and others until one has a learning record.
    """
    step_records, left = [], 0
    for step in config.steps:
        for seed in step.seeds:
            path = records.record_path(config.out, step.kind, step.net, seed)
            try:
                step_records.append(records.read(path))
            except BadInput:
                left += 1
    return IntrospectionResults(config, step_records, _read_maps(config, step_records), left)


def _read_maps(
    config: IntrospectionConfig, step_records: Sequence[StepRecord]
) -> dict[tuple[str, int], Map]:
    maps: dict[tuple[str, int], Map] = {}
    for record in step_records:
        if record.kind != "map":
            continue
        network = 0 if record.net == "net2" else record.seed
        path = map_path(config, record.net, network, record.seed)
        known = [activation_map for (net, _), activation_map in maps.items() if net == record.net]
        enough = bool(known) and (
            record.net != "net1" or any(activation_map.record for activation_map in known)
        )
        if enough or not path.is_file():
            continue
        activation_map = read_map(path)
        if activation_map.fingerprint == record.network.get("fingerprint"):
            maps[record.net, record.seed] = activation_map
    return maps


def write_results(config: IntrospectionConfig) -> Path:
    """Write tables, pictures and report from what is there.

    Returns where the report is. Raises BadInput where it cannot be written.
    """
    results = collect_results(config)
    lines = tables.metric_rows(results.records)
    cells = tables.as_cells(lines, config.seeds)
    classes = {net: activation_map.classes for (net, _), activation_map in results.maps.items()}
    names = {net: classes.get(net, tuple(map(str, range(10)))) for net in NET_TITLES}
    with refuse_unwritable(config.out):
        write_csv(config.out / "figures.csv", cells)
        class_table = tables.class_table(results.records, names)
        write_csv(config.out / "classes.csv", class_table)
        write_whole(config.out / "figures.md", "# Every figure\n\n" + as_markdown(cells) + "\n")
        plot_names = write_plots(results)
        write_whole(config.report_path, render_report(results, lines, plot_names))
    return config.report_path


def write_plots(results: IntrospectionResults) -> list[str]:
    """Draw the pictures that can be drawn now; return the names of all there. Raises OSError."""
    for name, figure in _draw_plots(results).items():
        if figure is not None:
            plot_style.save_png(figure, results.config.out / name)
    return [name for name in PLOT_CAPTIONS if (results.config.out / name).is_file()]


def _draw_plots(results: IntrospectionResults) -> dict[str, Figure | None]:
    first_maps = {
        net: activation_map
        for net in ("net1", "net2")
        if (activation_map := results.first_map(net)) is not None
    }
    known = {
        net: activation_map
        for net, activation_map in first_maps.items()
        if activation_map.estimators and activation_map.classes
    }
    figures: dict[str, Figure | None] = {}
    if known:
        activation_map = next(
            (m for (n, _), m in results.maps.items() if n == "net1" and m.record), None
        )
        learning_map = learning.read_learning_map(results.config)
        learning_records = {
            net: m.record
            for net, m in (("net1", activation_map), ("net2", learning_map))
            if m is not None
        }
        figures["fig2.png"] = plots_maps.plot_maps(known, learning_records)
        figures["fig7.png"] = plots_maps.plot_violins(known)
    if "net1" in known:
        figures["fig3.png"] = plots_units.plot_sorted_network(known["net1"])
        arrays = _load_arrays(results, "map", "net1")
        if arrays:
            figures["fig4.png"] = plots_units.plot_patterns(known["net1"], arrays)
    figures["fig5.png"] = _draw_figure5(results)
    for net, activation_map in known.items():
        arrays = _load_arrays(results, "attack", net)
        if arrays:
            title = f"{NET_TITLES[net]}: {_attack_text(results.config.attack[net])}"
            figures[f"fig6-{net}.png"] = plots_paths.plot_attacks(activation_map, arrays, title)
    return figures


def _draw_figure5(results: IntrospectionResults) -> Figure | None:
    both = ("net1", "sister")
    maps = {
        net: activation_map
        for net in both
        if (activation_map := results.first_map(net)) is not None
    }
    arrays_by_net = {net: arrays for net in both if (arrays := _load_arrays(results, "noise", net))}
    return (
        plots_paths.plot_constellations(maps, arrays_by_net)
        if len(maps) == len(arrays_by_net) == 2
        else None
    )


def _load_arrays(results: IntrospectionResults, kind: str, net: str) -> pictures.Arrays | None:
    return pictures.load_arrays(results.config, kind, net, results.config.seeds[0])


def _attack_text(attack: AttackConfig) -> str:
    return f"FGSM, eps {attack.eps:g}, {attack.steps} steps"


def render_report(
    results: IntrospectionResults, lines: Sequence[tables.MetricRow], plot_names: Sequence[str]
) -> str:
    """Return the page as Markdown.

    Args:
        results: What there is.
        lines: The table of all figures.
        plot_names: The pictures beside the page.
    """
    targets = [line for line in lines if line.verdict]
    parts = [
        _head_section(results),
        "## Asked and measured\n\n" + as_markdown(tables.as_cells(targets, results.config.seeds)),
        "All figures: [figures.md](figures.md), figures.csv; by class: classes.csv.",
        *(f"![{PLOT_CAPTIONS[name]}]({name})\n\n*{PLOT_CAPTIONS[name]}*" for name in plot_names),
        _departures_section(results),
        _networks_section(results),
        _machines_section(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head_section(results: IntrospectionResults) -> str:
    config = results.config
    seeds = ", ".join(map(str, config.seeds))
    text = (
        "# Coloring the Black Box, made again\n\n"
        f"Pardo et al. 2019, figures 2 to 7. Seeds {seeds}: of Net1 the classifier and its map "
        "have the same seed; Net2 is one classifier with a map for each seed. All numbers are of "
        "the test sets unless they say otherwise; a verdict is of the mean."
    )
    if results.left:
        text += f"\n\n**Not finished: {results.left} records are missing; means will change.**"
    return text


def _departures_section(results: IntrospectionResults) -> str:
    net1, net2 = (
        results.config.attack.get("net1", AttackConfig()),
        results.config.attack.get("net2", AttackConfig()),
    )
    noise = results.config.noise
    return "\n".join(
        (
            "## What departs from the paper",
            "",
            "- Schedules: one rise and fall of the rate (peak 1e-3) instead of the paper's cycles "
            "of peak 1e-5, which explain 11 % of the variance in the same number of steps.",
            "- The autoencoder is trained on 256 principal components of the standardised "
            "activations and folded back into Table 2's layers; reconstruction is measured "
            "relative to the variance, so that the weight 1 of the MMD means something.",
            "- Net2 is trained with batch norm, folded away afterwards (see its card); "
            + _learning_text(results),
            "- Equation 11's index slip is corrected and its values are kept in range.",
            "- The attack keeps pixels in [0, 1]. The paper's figure 6 is of Net2; Net1 is added. "
            f"Net1: {net1.each} right test pictures of each class x all other classes, "
            f"{net1.steps} steps of {net1.eps:g}. Net2: {net2.each} of each class, {net2.steps} "
            "steps, the same attacks read on the map of every seed.",
            f"- Noise: {noise['net1'].copies} copies of {noise['net1'].pictures} test digits, #907 "
            f"among them; Net2: {noise['net2'].copies} of {noise['net2'].pictures}. Noise is not "
            "cut to [0, 1]. Spreads are of two different maps and compare only roughly; error "
            "rates compare exactly.",
            "- Peaks are the greatest of many states on a path and are compared with single clean "
            "test examples; the finished attack alone is at the *end*.",
        )
    )


def _learning_text(results: IntrospectionResults) -> str:
    """Say what figure 2 (e) is of."""
    numbers = next((record.found for record in results.records if record.kind == "learning"), None)
    if numbers is None:
        return "its weights during training were not kept, so figure 2 (e) is not made."
    phases = ", ".join(
        f"{passes:g} passes at {pixels} pixels" for pixels, passes in numbers["phases"]
    )
    return (
        "its weights during training were not kept, so figure 2 (e) is of another, shorter "
        f"training with the same course ({phases}; test accuracy {numbers['accuracy']:.4f}; "
        f"{len(numbers['moments'])} moments): `dnnvis train net2 --moments --phases ...`."
    )


def _networks_section(results: IntrospectionResults) -> str:
    rows = [["network", "seed", "weights", "sha256 of the weights' file", "test accuracy"]]
    for record in results.records:
        if record.kind == "map" and (
            record.net != "net2" or record.seed == results.config.seeds[0]
        ):
            accuracy = record.found.get("accuracy")
            rows.append(
                [
                    NET_TITLES[record.net],
                    str(record.seed),
                    record.network.get("source", ""),
                    record.network.get("sha256", ""),
                    "" if accuracy is None else f"{accuracy:.4f}",
                ]
            )
    return "## Networks\n\n" + as_markdown(rows) if len(rows) > 1 else ""


def _machines_section(results: IntrospectionResults) -> str:
    machines = describe_machines(record.made for record in results.records)
    cpu_seconds: dict[str, float] = {}
    for record in results.records:
        cpu_seconds[record.kind] = cpu_seconds.get(record.kind, 0.0) + record.cpu
    text = ", ".join(f"{kind} {seconds:.0f}" for kind, seconds in cpu_seconds.items())
    config = results.config
    return (
        "## How\n\n"
        f"`dnnvis reproduce introspection -o DIR --data DATA --seeds {len(config.seeds)}"
        f"{' --networks FOLDER' if config.networks else ''}` with "
        f"{machines}, one thread. Processor seconds: {text} (maps with "
        "their harvest, and with the training where a network was trained). Every step's record "
        "is in runs/; what a record holds is not done again."
    )
