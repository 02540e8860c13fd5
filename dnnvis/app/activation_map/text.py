"""Sentences about the activation map."""

import math
from collections.abc import Sequence

from dnnvis.core.activation_map import Cloud, Here
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.session.map_state import MapChoice

NO_NETWORK = "No network runs. Open one in the Network menu."
READING = "Reading the map ..."
NO_FRAME = (
    "Waiting for a first picture: the map is read with it. Choose what to look at in the Source "
    "menu."
)
NOWHERE = "Waiting for a frame: its place on the map becomes a cross."
EMPTY = "where no example lives: the estimate means nothing"
SEEDS = "different seeds"  # the note that has these words is said in short
HANDLING = (
    "Drag: move. Wheel, + and −: closer and back. Double click or 0: all of it. Click a dot, or "
    "drag with Shift: pick. Esc: pick none."
)
PARTS = {"all": "all examples", "train": "train", "test": "test"}
COLOURINGS = {
    "class": "by class",
    "predicted": "by predicted class",
    "error": "by true error",
    "expected": "by expected error",
}
KINDS = {"2d": "estimate: 2-d", "rich": "estimate: richer"}
SHORT = {"2d": "2-d", "rich": "richer"}
ALARMS = {**SHORT, "1-max": "1 − max"}
PROJECTIONS = {"map": "InfoVAE", "pca": "PCA", "umap": "UMAP"}


def why_no_map(got: Cloud | Failure | None, info: NetworkInfo | None, looks: bool = True) -> str:
    """What stands where the map would be; ``looks``: whether a frame has come."""
    if info is None:
        return NO_NETWORK
    if isinstance(got, Failure):
        return got.sentence
    if got is None:
        return READING if looks else NO_FRAME
    return got.words or "This map holds no examples."


def decades(log_e: float) -> str:
    """log10 of an error, with a true minus sign."""
    return "not known" if not math.isfinite(log_e) else f"{log_e:.1f}".replace("-", "−")


def class_name(cloud: Cloud, number: int, labels: Sequence[str] = ()) -> str:
    """The name of a class, in quotes; a dash for none. Of a map without names it is that of the
    network's ``labels``."""
    if number < 0:
        return "–"
    names = cloud.classes or labels
    return f"“{names[number]}”" if number < len(names) else f"class {number}"


def here(
    cloud: Cloud | None,
    said: Here | Failure | None,
    choice: MapChoice,
    labels: Sequence[str] = (),
) -> str:
    """What is expected of the present frame by each estimate, whether that is an alarm, and
    what the network takes it for."""
    if isinstance(said, Failure):
        return said.sentence
    if cloud is None or said is None:
        return NOWHERE if cloud is not None else ""
    if not len(said.z):
        return said.words or NOWHERE
    words = [_expected(cloud, said, choice)]
    if said.empty:
        words.append(EMPTY)
    over = [ALARMS.get(name, name) for name, above in said.alarms.items() if above]
    if over:
        words.append(f"above the 5 % false-alarm line ({', '.join(over)})")
    if said.predicted >= 0:
        words.append(f"taken for {class_name(cloud, said.predicted, labels)}")
    words += [f"1 − max {said.doubt:.3f}", said.words]
    return " · ".join(word for word in words if word)


def _expected(cloud: Cloud, said: Here, choice: MapChoice) -> str:
    """Both estimates side by side, with what each colours on the map."""
    field = choice.field and cloud.projection == "map"
    found = []
    for name, short in SHORT.items():
        values = said.expected.get(name)
        if values is not None and len(values):
            dots = choice.colour == "expected" and choice.kind == name
            marks = ["field"] * (field and name == "2d") + ["dots"] * dots
            mark = f": {' and '.join(marks)}" if marks else ""
            found.append(f"{decades(float(values[-1]))} ({short}{mark})")
    return f"expected log₁₀ error {', '.join(found)}" if found else "no estimate of the error"


def dot(cloud: Cloud, row: int, kind: str, labels: Sequence[str] = ()) -> str:
    """One example: its class, what it is taken for, errors, number and step."""
    label, guess = int(cloud.labels[row]), int(cloud.predicted[row])
    words = [f"example {int(cloud.shown[row]):,}" + (" (test)" if cloud.test[row] else "")]
    if cloud.rows_each > 1:
        words.append(f"step {int(cloud.step[row])} of 0 to {cloud.rows_each - 1}")
    words.append(class_name(cloud, label, labels) if label >= 0 else "no class")
    if guess >= 0:
        wrong = label >= 0 and guess != label
        taken = f"taken for {class_name(cloud, guess, labels)}"
        words.append(taken if wrong or label < 0 else "right")
    words.append(f"log₁₀ error {decades(float(cloud.log_e[row]))}")
    if kind in cloud.expected:
        words.append(f"expected {decades(float(cloud.expected[kind][row]))} ({SHORT[kind]})")
    return " · ".join(words)


def picked(rows: tuple[int, ...], lassoed: int = 0) -> str:
    """How many examples are picked, of how many that were ``lassoed`` where that is more."""
    if not rows:
        return ""
    if len(rows) == 1:
        return "1 example picked (Esc: none)"
    of = f" of {lassoed:,} in the lasso" if lassoed > len(rows) else ""
    return f"{len(rows):,} picked{of} (Esc: none)"


def playing(plays: int, rows: int) -> str:
    """How many pictures of those picked run, where that is not all of them."""
    return f"{plays:,} of {rows:,} play, taken evenly" if plays < rows else ""


def not_there(place: str) -> str:
    """Why pictures that were picked do not run, and what to do."""
    if not place:
        return "they do not run: their pictures were not kept"
    return f"they do not run: their pictures are not in {place} (Pictures ... under Examples)"


def about(cloud: Cloud) -> str:
    """One line about the whole map: its seed, how many examples, what is missing."""
    each = f", {cloud.rows_each} steps each" if cloud.rows_each > 1 else ""
    count = len(cloud.z) // max(cloud.rows_each, 1)
    words = [_seed(cloud), f"{count:,} examples{each}"]
    held = int(cloud.test.sum()) // max(cloud.rows_each, 1)
    if held:
        words.append(f"{held:,} of them for testing")
    notes = " ".join(note for note in cloud.notes if SEEDS not in note)
    return " · ".join(word for word in (*words, cloud.words, notes) if word)


def _seed(cloud: Cloud) -> str:
    made = cloud.recipe.get("map")
    seed = made.get("seed") if isinstance(made, dict) else None
    return "" if seed is None else f"seed {seed} · another seed gives another map"


def tip(cloud: Cloud) -> str:
    """All notes of a map, one below the other, and what mouse and keys do."""
    return "\n".join(note for note in (cloud.words, *cloud.notes, HANDLING) if note)
