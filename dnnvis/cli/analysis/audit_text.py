"""What ``dnnvis look --lens audit`` prints and writes."""

from collections.abc import Iterator
from math import isfinite
from typing import Any

import numpy as np

from dnnvis.core.attribution.audit import CURVES, AttributionAudit
from dnnvis.core.lens_results import Array


def audit_values(audit: AttributionAudit) -> Array:
    """Return the curves as float32 (5, P): fractions, then those of ``CURVES``."""
    return np.stack([audit.fractions, *(audit.curves[name] for name in CURVES)])


def audit_fields(audit: AttributionAudit) -> dict[str, Any]:
    """Return what a JSON line says of an audit; null for what is no number."""
    compared = [
        {"layers": each.layers, "of": each.of, "spearman": each.spearman, "ssim": each.ssim}
        for each in audit.comparisons
    ]
    finite = [
        {name: value if isfinite(value) else None for name, value in each.items()}
        for each in compared
    ]
    return {"areas": audit.areas, "comparisons": finite, "sentence": audit.sentence}


def audit_lines(audit: AttributionAudit) -> Iterator[str]:
    """Yield the same for people."""
    for kind in ("deletion", "insertion"):
        own, control = audit.areas[kind], audit.areas[f"{kind} control"]
        yield f"  {kind}: area {own:.4g}, in random order {control:.4g}"
    for each in audit.comparisons:
        yield (
            f"  weights of the last {each.layers} of {each.of} layers shuffled: rank correlation "
            f"{each.spearman:.2f}, SSIM {each.ssim:.2f}"
        )
    yield f"  {audit.sentence}"
