"""The failures so far, equal ones counted once, without any Qt."""

from dataclasses import dataclass, replace

from dnnvis.core.messages import Failure


@dataclass(frozen=True)
class FailureEntry:
    """``first`` and ``last`` are clock times like 12:03:44."""

    failure: Failure
    first: str
    last: str
    times: int = 1


def add_failure(
    entries: tuple[FailureEntry, ...], failure: Failure, clock: str, max_entries: int = 200
) -> tuple[FailureEntry, ...]:
    """``entries`` with one more failure, newest first; a known sentence is counted, moved to
    the front, and keeps its first time. At most ``max_entries`` are kept."""
    same = [f for f in entries if _is_same(f.failure, failure)]
    others = [f for f in entries if not _is_same(f.failure, failure)]
    if same:
        newest = replace(same[0], failure=failure, last=clock, times=same[0].times + 1)
    else:
        newest = FailureEntry(failure, clock, clock)
    return (newest, *others)[:max_entries]


def format_report(entries: tuple[FailureEntry, ...]) -> str:
    """Everything, to be pasted into a report."""
    return "\n".join(f"{format_line(f)}\n{f.failure.details}".rstrip() + "\n" for f in entries)


def format_line(entry: FailureEntry) -> str:
    """One line: when, what, how often."""
    when = entry.first if entry.first == entry.last else f"{entry.first}–{entry.last}"
    count_text = "" if entry.times == 1 else f"  ({entry.times} times)"
    return f"{when}  {entry.failure.sentence}{count_text}"


def _is_same(one: Failure, other: Failure) -> bool:
    return (one.sentence, one.kind) == (other.sentence, other.kind)
