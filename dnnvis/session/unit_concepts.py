"""The names that a dissection gave to units, from the library and from a job that has ended."""

from collections.abc import Iterator
from typing import Any

from dnnvis.core.job_state import JobState
from dnnvis.core.notes import SavedNotes
from dnnvis.core.probing.dissection import MEASURE_NAMES, MIN_SCORES, LayerConcepts
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit

DISSECT_JOB = "dissect"  # the job's name; its mail key is ``job dissect``
NOTES_KEY = "notes"  # the mail key of what the library holds


class UnitConcepts:
    """The names of the units of the network that runs."""

    def __init__(self) -> None:
        self.network = ""
        self._layers: dict[str, LayerConcepts] = {}

    def follow(self, network: str) -> None:
        """Belong to a network; the names of another one are forgotten."""
        if network != self.network:
            self.network, self._layers = network, {}

    def receive(self, key: str, value: Any) -> bool:
        """Take in mail; return whether names have changed."""
        if key == NOTES_KEY and isinstance(value, SavedNotes) and value.concepts is not None:
            layers = list(value.concepts)
            self._layers = {}  # as when other weights are opened under the same name
        elif key == f"job {DISSECT_JOB}" and isinstance(value, JobState):
            layers = read_job(value)
        else:
            return False
        own = {layer.layer: layer for layer in layers if layer.network == self.network}
        self._layers |= own
        return bool(own) or key == NOTES_KEY

    def layer(self, name: str) -> LayerConcepts | None:
        """Return the names of a layer's units; None where it was not dissected."""
        return self._layers.get(name)

    def iterate(self) -> Iterator[tuple[Unit, str, str]]:
        """Yield each unit with a name, its concept, and how well that fits, best first."""
        named = [
            (layer, channel, concept, score)
            for layer in self._layers.values()
            for channel, (concept, score) in layer.names.items()
        ]
        for layer, channel, concept, score in sorted(named, key=lambda item: -item[3]):
            yield Unit(layer.layer, channel), concept, format_score(layer, score)

    def describe(self, unit: Unit | None) -> str:
        """Return a unit's concept in a few words, "" where it has none."""
        layer = None if unit is None else self._layers.get(unit.layer)
        if layer is None or unit is None or unit.channel not in layer.names:
            return ""
        concept, score = layer.names[unit.channel]
        return tr("detects {concept}, {score}", concept=concept, score=format_score(layer, score))

    def describe_long(self, unit: Unit | None) -> str:
        """Return a unit's concept in a sentence, with how many others have it."""
        layer = None if unit is None else self._layers.get(unit.layer)
        if layer is None or unit is None:
            return ""
        text = self.describe(unit)
        if not text:
            return tr(
                "Detects none of the concepts (below {limit:.2f} {measure})",
                limit=MIN_SCORES[layer.measure],
                measure=MEASURE_NAMES[layer.measure],
            )
        concept = layer.names[unit.channel][0]
        same = len(layer.count_by_concept()[concept])
        text = tr(
            "{text}; {same} of {units} units here do", text=text, same=same, units=layer.units
        )
        text = text[:1].upper() + text[1:]
        if layer.control is None:
            return text
        return tr(
            "{text}, {count} with shuffled weights",
            text=text,
            count=layer.control.get(concept, 0),
        )


def format_score(layer: LayerConcepts, score: float) -> str:
    """Return a score with the name of its measure."""
    return f"{MEASURE_NAMES[layer.measure]} {score:.2f}"


def read_job(state: JobState) -> list[LayerConcepts]:
    """Return the layers in what a dissection reported last; [] where it has none yet."""
    records = state.latest.get("layers")
    if not isinstance(records, list):
        return []
    try:
        return [_read_record(record, str(state.latest["network"])) for record in records]
    except (KeyError, TypeError, ValueError, AttributeError):
        return []


def _read_record(record: Any, network: str) -> LayerConcepts:
    control = record["control_concepts"]
    if record["measure"] not in MIN_SCORES:
        raise ValueError(record["measure"])
    return LayerConcepts(
        network,
        str(record["layer"]),
        record["measure"],
        int(record["units"]),
        {int(k): (str(name), float(score)) for k, (name, score) in record["names"].items()},
        None if control is None else {str(name): int(n) for name, n in control.items()},
        int(record["pictures"]),
    )
