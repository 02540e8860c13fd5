"""Say where a network has another number of labels than of outputs, and the likely reason."""

from collections.abc import Sequence

from dnnvis.core.messages import OutputMeaning

CLASS_KINDS = {"logits", "probabilities", "sigmoids", "segmentation"}
BACKGROUND_NAMES = {"background", "__background__", "dummy", "null", "none", "n/a", "unknown", "bg"}


def describe_label_mismatch(
    labels: Sequence[str], outputs: int, meaning: OutputMeaning
) -> tuple[str, ...]:
    """Describe how the numbers of labels and outputs differ.

    Args:
        labels: Names of the classes.
        outputs: Number of outputs.
        meaning: What the outputs are.

    Returns:
        One sentence with what to do; none where the numbers agree, there are no labels, or the
        outputs are no classes.
    """
    count = len(labels)
    if count in (0, outputs) or meaning.kind not in CLASS_KINDS:
        return ()
    counts = f"There are {count:,} labels for {outputs:,} outputs"
    if count == outputs + 1:
        is_background = labels[0].strip().lower() in BACKGROUND_NAMES
        likely = "begins with" if is_background else "may begin with"
        return (
            f"{counts}: the list {likely} a background class ('{labels[0]}') that this network "
            "does not have, and every name is one off then; leave out its first line.",
        )
    if count == outputs - 1:
        return (
            f"{counts}: output 0 may be a background class, and every name is one off then; put "
            f"'background' before '{labels[0]}' in the list.",
        )
    unnamed = f"outputs from {count:,} on have numbers only"
    unused = f"the last {count - outputs:,} labels name nothing"
    return (
        f"{counts}: {unnamed if count < outputs else unused}; is it the list of another data set?",
    )
