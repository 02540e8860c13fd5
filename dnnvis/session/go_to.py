"""Find what a typed text may mean: a layer, unit, class, note, action or file; without any Qt."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.messages import LayerInfo, NetworkInfo
from dnnvis.core.notes import SavedNotes
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import fits
from dnnvis.session.unit_concepts import UnitConcepts

TargetKind = Literal["unit", "class", "layer", "concept", "note", "action", "source", "network"]
KINDS: tuple[TargetKind, ...] = get_args(TargetKind)
MAX_OF_KIND = 6  # results of one kind
MAX_DIGITS = 9  # digits of a unit's number
MAX_UNIT_LAYERS = 4  # layers that a text before a unit's number may mean
#: Scores, out of which the length of what was not typed is taken.
EXACT, PREFIX, WORD, INSIDE, SCATTERED = 1000, 900, 800, 600, 300
_BOUNDARY = re.compile(r"[^a-z0-9]")
_NUMBERED = re.compile(r"(?P<layer>.*?)\s*[\s\[](?P<channel>\d+)\]?")


@dataclass(frozen=True)
class Target:
    """Something to go to."""

    kind: TargetKind
    #: What is shown, and searched.
    text: str
    #: What it is, in a few words.
    detail: str = ""
    #: Layer's name, Unit, number of the class, id of the action, choice of a source or network.
    value: Any = None
    #: What is searched besides.
    others: tuple[str, ...] = ()
    #: Everything that is searched, in small letters.
    keys: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def with_keys(self) -> "Target":
        """Return the target ready to be searched."""
        return replace(self, keys=tuple(text.lower() for text in (self.text, *self.others)))


@dataclass(frozen=True)
class TargetIndex:
    """Everything that can be gone to, while one network runs."""

    targets: tuple[Target, ...]
    info: NetworkInfo | None = None
    #: The layer on show, which a number alone belongs to.
    layer: str = ""


def build_index(
    info: NetworkInfo | None,
    layer: str,
    notes: SavedNotes | None = None,
    others: Iterable[Target] = (),
    concepts: UnitConcepts | None = None,
) -> TargetIndex:
    """List what can be gone to.

    Args:
        info: The network that runs; None without one.
        layer: The layer on show.
        notes: Notes and bookmarks of the network.
        others: Actions, files and networks.
        concepts: Names that a dissection gave to units.

    Returns:
        The index.
    """
    targets: list[Target] = []
    if info is not None:
        targets += [_layer_target(row) for row in info.layers]
        targets += [
            Target("class", label, f"class {k}", k, (f"class {k}",))
            for k, label in enumerate(info.labels)
        ]
    if info is not None and notes is not None:
        targets += _note_targets(info, notes)
    if info is not None and concepts is not None:
        targets += _concept_targets(info, concepts)
    targets += others
    return TargetIndex(tuple(target.with_keys() for target in targets), info, layer)


def _layer_target(row: LayerInfo) -> Target:
    detail = f"{row.kind} {row.shape_text}"
    return Target("layer", row.label, detail, row.name, (row.name,) if row.title else ())


def _note_targets(info: NetworkInfo, notes: SavedNotes) -> list[Target]:
    targets = []
    for text in dict.fromkeys((*notes.bookmarks, *sorted(notes.notes))):
        unit = _parse(text, info.names)
        note = " ".join(notes.notes.get(text, "").split())
        detail = note or "bookmark"
        if unit is not None and fits(unit, info):
            targets.append(Target("note", info.label_unit(unit), detail, unit, (note,)))
    return targets


def _concept_targets(info: NetworkInfo, concepts: UnitConcepts) -> list[Target]:
    """Return the units with the name of a concept, those it fits best first."""
    return [
        Target("concept", concept, f"{info.label_unit(unit)} · {score}", unit)
        for unit, concept, score in concepts.iterate()
        if fits(unit, info)
    ]


def search(index: TargetIndex, query: str, limit: int = MAX_OF_KIND) -> tuple[Target, ...]:
    """Return what a text may mean: groups of one kind, that of the best match first.

    Args:
        index: What there is.
        query: The text; every word of it must occur.
        limit: Results of each kind at most.

    Returns:
        The targets, the best of each kind first.
    """
    query = " ".join(query.lower().split())
    if not query:
        return _suggest(index, limit)
    terms = query.split()
    letters = [re.compile(".*?".join(map(re.escape, term)), re.DOTALL) for term in terms]
    scores: dict[TargetKind, list[tuple[float, int, Target]]] = {kind: [] for kind in KINDS}
    scores["unit"] = [
        (score, k, target) for k, (score, target) in enumerate(_find_units(index, query))
    ]
    for k, target in enumerate(index.targets):
        score = max(_score(key, query, terms, letters) for key in target.keys)
        if score > 0:
            scores[target.kind].append((score, k, target))
    groups = [
        sorted(group, key=lambda item: (-item[0], item[1]))[:limit] for group in scores.values()
    ]
    groups = sorted((group for group in groups if group), key=lambda group: -group[0][0])
    return tuple(target for group in groups for _, _, target in group)


def _suggest(index: TargetIndex, limit: int) -> tuple[Target, ...]:
    """Return what one may want who has not typed anything: notes, files and networks."""
    return tuple(
        target
        for kind in ("note", "source", "network")
        for target in [each for each in index.targets if each.kind == kind][:limit]
    )


def _score(key: str, query: str, terms: Sequence[str], letters: Sequence[re.Pattern[str]]) -> float:
    """Return how well a text (in small letters) fits a query; 0 where it does not."""
    if len(terms) == 1 or query in key:
        return _score_word(key, query, letters[0] if len(terms) == 1 else None)
    scores = [_score_word(key, term, pattern) for term, pattern in zip(terms, letters, strict=True)]
    return 0.0 if min(scores) < INSIDE - len(key) else sum(scores) / len(scores) - 1


def _score_word(key: str, word: str, letters: re.Pattern[str] | None) -> float:
    at = key.find(word)
    if at == 0:
        return EXACT if len(key) == len(word) else PREFIX - len(key)
    while at > 0:
        if _BOUNDARY.match(key[at - 1]):
            return WORD - len(key)
        following = key.find(word, at + 1)
        if following < 0:
            return INSIDE - len(key)
        at = following
    match = letters.search(key) if letters is not None and len(word) > 1 else None
    if match is None:
        return 0.0
    return max(SCATTERED - 5 * (len(match[0]) - len(word)) - len(key), 0.0)


def _find_units(index: TargetIndex, query: str) -> list[tuple[float, Target]]:
    """Return the units that ``8``, ``fire9 20`` or ``conv5[3]@1,2`` may mean, with scores."""
    info = index.info
    if info is None:
        return []
    score = EXACT
    lower_names = {text.lower(): name for text, name in info.names.items()}
    match = _NUMBERED.fullmatch(query)
    if query.isdecimal() and len(query) < MAX_DIGITS:
        units = [Unit(index.layer, int(query))]
    elif (unit := _parse(query, lower_names)) is not None:
        units = [unit]
    elif match is None or len(match["channel"]) >= MAX_DIGITS:
        units = []
    elif (name := lower_names.get(match["layer"])) is not None:
        units = [Unit(name, int(match["channel"]))]
    else:
        score = WORD
        units = [Unit(name, int(match["channel"])) for name in _find_layers(index, match["layer"])]
    return [(score, _unit_target(unit, info)) for unit in units if fits(unit, info)]


def _parse(text: str, names: Mapping[str, str]) -> Unit | None:
    try:
        return Unit.parse(text, names)
    except UnknownUnit:
        return None


def _find_layers(index: TargetIndex, text: str) -> list[str]:
    layers = tuple(target for target in index.targets if target.kind == "layer")
    matches = search(TargetIndex(layers), text, MAX_UNIT_LAYERS)
    return [str(target.value) for target in matches]


def _unit_target(unit: Unit, info: NetworkInfo) -> Target:
    row = info.layer(unit.layer)
    kind = "" if row is None else row.kind
    is_class = unit.layer == "output" and unit.channel < len(info.labels)
    detail = info.labels[unit.channel] if is_class else f"unit {unit.channel} · {kind}"
    return Target("unit", info.label_unit(unit), detail, unit)
