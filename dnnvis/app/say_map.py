"""Sentences about the activation map."""

import math

from dnnvis.core.mail import Failure, NetworkInfo
from dnnvis.core.mapped import Cloud, Here

NO_NETWORK = "No network runs. Open one in the Network menu."
READING = "Reading the map ..."
NOWHERE = "Waiting for a frame: its place on the map becomes a cross."
EMPTY = "where no example lives: the estimate means nothing"
HANDLING = (
    "Drag: move. Wheel, + and −: closer and back. Double click or 0: all of it. Click a dot, or "
    "drag with Shift: pick. Esc: pick none."
)
PARTS = {"all": "all", "train": "train", "test": "test"}
COLOURINGS = {
    "class": "by class",
    "predicted": "by predicted class",
    "error": "by true error",
    "expected": "by expected error",
}
KINDS = {"2d": "error: 2-d", "rich": "error: richer"}
SHORT = {"2d": "2-d", "rich": "richer"}
ALARMS = {**SHORT, "1-max": "1 − max"}
PROJECTIONS = {"map": "InfoVAE", "pca": "PCA", "umap": "UMAP"}


def why_no_map(got: Cloud | Failure | None, info: NetworkInfo | None) -> str:
    """What stands where the map would be."""
    if info is None:
        return NO_NETWORK
    if isinstance(got, Failure):
        return got.sentence
    if got is None:
        return READING
    return got.words or "This map holds no examples."


def decades(log_e: float) -> str:
    """log10 of an error, with a true minus sign."""
    return "not known" if not math.isfinite(log_e) else f"{log_e:.1f}".replace("-", "−")


def class_name(cloud: Cloud, number: int) -> str:
    """The name of a class, in quotes; a dash for none."""
    if number < 0:
        return "–"
    return f"“{cloud.classes[number]}”" if number < len(cloud.classes) else f"class {number}"


def here(cloud: Cloud | None, said: Here | Failure | None, kind: str) -> str:
    """Where the present frame is, what is expected there by each estimate, and how sure."""
    if isinstance(said, Failure):
        return said.sentence
    if cloud is None or said is None:
        return NOWHERE if cloud is not None else ""
    if not len(said.z):
        return said.words or NOWHERE
    words = [f"here: {class_name(cloud, said.predicted)}" if said.predicted >= 0 else "here"]
    if said.empty:
        words.append(EMPTY)
    words.append(_expected(said, kind))
    words.append(f"1 − max {said.doubt:.3f}")
    over = [ALARMS.get(name, name) for name, above in said.alarms.items() if above]
    if over:
        words.append(f"above the 5 % false-alarm line ({', '.join(over)})")
    words.append(said.words)
    return " · ".join(word for word in words if word)


def _expected(said: Here, kind: str) -> str:
    """Both estimates side by side, the one on show marked."""
    found = []
    for name, short in SHORT.items():
        values = said.expected.get(name)
        if values is not None and len(values):
            mark = ", shown" if name == kind else ""
            found.append(f"{decades(float(values[-1]))} ({short}{mark})")
    return f"expected log₁₀ error {', '.join(found)}" if found else "no estimate of the error"


def dot(cloud: Cloud, row: int, kind: str) -> str:
    """One example: its class, what it is taken for, errors, number and step."""
    label, guess = int(cloud.labels[row]), int(cloud.predicted[row])
    words = [f"example {int(cloud.shown[row]):,}" + (" (test)" if cloud.test[row] else "")]
    if cloud.rows_each > 1:
        words.append(f"step {int(cloud.step[row])} of 0 to {cloud.rows_each - 1}")
    words.append(class_name(cloud, label) if label >= 0 else "no class")
    if guess >= 0:
        wrong = label >= 0 and guess != label
        words.append(f"taken for {class_name(cloud, guess)}" if wrong or label < 0 else "right")
    words.append(f"log₁₀ error {decades(float(cloud.log_e[row]))}")
    if kind in cloud.expected:
        words.append(f"expected {decades(float(cloud.expected[kind][row]))} ({SHORT[kind]})")
    return " · ".join(words)


def picked(rows: tuple[int, ...]) -> str:
    """How many examples are picked."""
    if not rows:
        return ""
    return "1 example picked (Esc: none)" if len(rows) == 1 else f"{len(rows):,} picked (Esc: none)"


def about(cloud: Cloud) -> str:
    """One line about the whole map: what is missing, how many examples, which projection."""
    each = f", {cloud.rows_each} steps each" if cloud.rows_each > 1 else ""
    count = len(cloud.z) // max(cloud.rows_each, 1)
    words = [cloud.words, f"{count:,} examples{each}"]
    held = int(cloud.test.sum()) // max(cloud.rows_each, 1)
    if held:
        words.append(f"{held:,} of them for testing")
    return " · ".join(word for word in (*words, " ".join(cloud.notes)) if word)


def tip(cloud: Cloud) -> str:
    """All notes of a map, one below the other, and what mouse and keys do."""
    return "\n".join(note for note in (cloud.words, *cloud.notes, HANDLING) if note)
