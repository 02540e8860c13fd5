"""Concepts without masks: the classes of a data set."""

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.concept_set import ConceptPicture, list_some, stack_masks
from dnnvis.sources.data.folders import natural_key
from dnnvis.sources.datasets import Dataset

MIN_CLASSES = 2


class ClassConcepts:
    """A folder for each class, or any data set with labels: a concept is the class of a picture.

    Reads every label once, which for a folder decodes no picture.
    """

    has_masks = False

    def __init__(self, data: Dataset, labels: tuple[str, ...]) -> None:
        """Take the classes of a data set.

        Args:
            data: The data set; closed with this.
            labels: The class of each picture, "" for none.

        Raises:
            BadInput: They have fewer than two classes.
        """
        self._data, self._labels = data, labels
        self.address, self.mark, self.in_order = data.address, data.mark, data.in_order
        self.names = tuple(sorted({label for label in labels if label}, key=natural_key))
        if len(self.names) < MIN_CLASSES:
            have = f"only the class {self.names[0]}" if self.names else "no classes"
            raise BadInput(
                f"The pictures in {data.address} have {have}; concepts without masks need a folder "
                "for each of two classes or more, concepts with masks the folders images and masks."
            )
        bare = [data.name(number) for number, label in enumerate(labels) if not label]
        note = f"{len(bare)} pictures are of no class and count as without: {list_some(bare)}."
        self.notes: tuple[str, ...] = (note,) if bare else ()

    def __len__(self) -> int:
        return len(self._labels)

    def name(self, number: int) -> str:
        """Return the name of a picture."""
        return self._data.name(number)

    def read(self, number: int) -> ConceptPicture:
        """Read a picture; raise BadInput where it is broken."""
        pixels, origin = self._data.read(number)
        label = self._labels[number]
        concepts = (self.names.index(label),) if label else ()
        return ConceptPicture(pixels, concepts, stack_masks(pixels.shape, ()), origin.notes)

    def close(self) -> None:
        """Close the data set."""
        self._data.close()
