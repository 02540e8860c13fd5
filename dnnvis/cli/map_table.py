"""Show the figures of an activation map as rows for people."""

from typing import Any

FIGURE_ROWS = (  # of the figures, in the order of the table; what follows is its form
    ("examples", "examples it was fitted on", "{:,}"),
    ("tested on", "kept for the test", "{:,}"),
    ("accuracy", "accuracy of the network", "{:.2%}"),
    ("kNN15", "class by 15 neighbours on the map", "{:.2%}"),
    ("kNN15 pca", "the same on 2 principal components", "{:.2%}"),
    ("R2", "R2 of the activations", "{:.3f}"),
    ("in frame", "in the frame [-4, 4] x [-4, 4]", "{:.2%}"),
    ("auroc 2d", "AUROC of the expected error: from the map", "{:.3f}"),
    ("auroc rich", "from 50 principal components", "{:.3f}"),
    ("auroc 1-max", "of 1 - max, which is free", "{:.3f}"),
    ("gap 2d", "median log10 error, wrong minus right: from the map", "{:.2f}"),
    ("gap rich", "from 50 principal components", "{:.2f}"),
    ("wrong", "wrong examples", "{:,}"),
    ("agreement E[dec z]", "agreement of decoder and direct means", "{:.3f}"),
    ("agreement of halves", "the same of two halves of the data", "{:.3f}"),
)


def figure_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    """List (what, how much) of the figures that are known, and the CPU seconds of each stage."""
    rows = [
        (label, template.format(figures[name]))
        for name, label, template in FIGURE_ROWS
        if figures.get(name) is not None and (name != "wrong" or "accuracy" in figures)
    ]
    cpu_seconds = figures.get("cpu seconds", {})
    return [
        *rows,
        *((f"CPU seconds, {name}", f"{value:.1f}") for name, value in cpu_seconds.items()),
    ]
