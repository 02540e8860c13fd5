"""Name the architecture of weights by digests of their names and shapes, building nothing.

The digests of all networks of torchvision and timm lie in ``architecture_index.json``; this file
run as a program (``python -m dnnvis.zoo.architecture_index``) makes them anew with the libraries
that are installed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from dnnvis.network.opening.translate_weights import is_counter
from dnnvis.zoo import timm_nets, torchvision_nets

FILE = Path(__file__).with_name("architecture_index.json")
OTHER_CLASSES = 7  # a number of classes that no layer's width is by chance
DIGEST_DIGITS = 10
Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]


@dataclass(frozen=True)
class IndexedArchitecture:
    """An architecture of a library, by digests of its weights."""

    #: torchvision | timm.
    library: str
    name: str
    #: Digest of the names of all weights.
    names: str
    #: Digest of the names and shapes of all but the head's.
    body: str
    #: Digest of the names with every number replaced, the same for any depth.
    pattern: str
    #: Whether its library publishes weights of it.
    is_published: bool
    #: The weights whose shapes depend on the number of classes.
    head: tuple[str, ...]

    def count_classes(self, shapes: Shapes) -> int | None:
        """Return the number of classes in weights of this architecture; None without a head."""
        sizes = [shapes[key][0] for key in self.head if shapes[key]]
        return min(sizes, default=None)


def find_exact(shapes: Shapes) -> list[IndexedArchitecture]:
    """Return the architectures with these names and shapes, but for the number of classes.

    The likeliest is first: torchvision's, then those with published weights, then the shortest
    name, as variants have longer ones.
    """
    plain = without_counters(shapes)
    same = _by_names().get(digest_names(plain), [])
    fits = [entry for entry in same if entry.body == _digest_body(plain, entry.head)]
    return sorted(fits, key=_rank)


def find_similar(shapes: Shapes) -> list[IndexedArchitecture]:
    """Return the architectures with these names but for numbers, the likeliest first.

    They differ from the weights in width, depth, channels or the size of pictures.
    """
    plain = without_counters(shapes)
    names = digest_names(plain)
    same = _by_pattern().get(digest_pattern(plain), [])
    return sorted(same, key=lambda entry: (entry.names != names, *_rank(entry)))


def list_families() -> list[str]:
    """Return one network of torchvision's, the smallest by name, of each pattern of names."""
    families = (
        [entry.name for entry in group if entry.library == "torchvision"]
        for group in _by_pattern().values()
    )
    return [names[0] for names in families if names]


def indexed_version(library: str) -> str:
    """Return the version of a library whose networks are in the index."""
    return str(_read()[library]["version"])


def without_counters(shapes: Shapes) -> Shapes:
    """Return the shapes without those of counters, which files of old torch lack."""
    return {key: tuple(shape) for key, shape in shapes.items() if not is_counter(key)}


def digest_names(names: Iterable[str]) -> str:
    """Return a digest of a set of names."""
    return _digest("\n".join(sorted(names)))


def digest_pattern(names: Iterable[str]) -> str:
    """Return a digest of a set of names in which every number counts the same."""
    return digest_names({re.sub(r"\d+", "#", name) for name in names})


def _digest_body(shapes: Shapes, head: Iterable[str]) -> str:
    left_out = set(head)
    rows = (f"{key} {'x'.join(map(str, shapes[key]))}" for key in shapes if key not in left_out)
    return _digest("\n".join(sorted(rows)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_DIGITS]


def _rank(entry: IndexedArchitecture) -> tuple[bool, bool, int, str]:
    is_other = entry.library != "torchvision"
    return is_other, not entry.is_published, len(entry.name), entry.name


@cache
def _read() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return data


@cache
def _entries() -> tuple[IndexedArchitecture, ...]:
    data = _read()
    heads = [tuple(head) for head in data["heads"]]
    return tuple(
        IndexedArchitecture(library, name, names, body, pattern, bool(published), heads[head])
        for library in ("torchvision", "timm")
        for name, names, body, pattern, published, head in data[library]["networks"]
    )


@cache
def _by_names() -> dict[str, list[IndexedArchitecture]]:
    return _group("names")


@cache
def _by_pattern() -> dict[str, list[IndexedArchitecture]]:
    return _group("pattern")


def _group(field: str) -> dict[str, list[IndexedArchitecture]]:
    result: dict[str, list[IndexedArchitecture]] = {}
    for entry in _entries():
        result.setdefault(getattr(entry, field), []).append(entry)
    return result


def build_index() -> dict[str, Any]:
    """Return the index of all networks of the libraries that are installed; takes minutes."""
    heads: list[list[str]] = []
    result: dict[str, Any] = {"heads": heads}
    libraries = {"torchvision": _torchvision_shapes, "timm": _timm_shapes}
    published = {*torchvision_nets.names(), *timm_nets.published_names()}
    for library, list_shapes in libraries.items():
        rows = []
        for name, shapes, others in list_shapes():
            plain = without_counters(shapes)
            head = sorted(key for key in plain if plain[key] != others.get(key))
            if head not in heads:
                heads.append(head)
            digests = (digest_names(plain), _digest_body(plain, head), digest_pattern(plain))
            rows.append([name, *digests, int(name in published), heads.index(head)])
        result[library] = {"version": version(library).split("+")[0], "networks": rows}
    return result


def _torchvision_shapes() -> Iterator[tuple[str, Shapes, Shapes]]:
    nets = torchvision_nets
    for name in nets.names():
        shapes = nets.shapes(name)
        others = nets.shapes(name, classes=OTHER_CLASSES)
        yield name, shapes, others
        if nets.has_side_heads(name):
            yield name, nets.without_side_heads(shapes), nets.without_side_heads(others)


def _timm_shapes() -> Iterator[tuple[str, Shapes, Shapes]]:
    for name in timm_nets.names():
        shapes, others = (_timm_state(name, classes) for classes in (None, OTHER_CLASSES))
        yield name, shapes, others


def _timm_state(name: str, classes: int | None) -> Shapes:
    with torch.device("meta"):
        module = timm_nets.build(name, classes=classes)
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def main() -> None:
    """Write the index of the libraries here into ``architecture_index.json``, a row a line."""
    index = build_index()
    text = json.dumps(index, separators=(",", ":")).replace("],[", "],\n[")
    FILE.write_text(text + "\n", encoding="utf-8")
    for library in ("torchvision", "timm"):
        print(f"{library} {index[library]['version']}: {len(index[library]['networks'])} networks")


if __name__ == "__main__":
    main()
