"""Collect the failures so far, equal ones counted once, without any Qt."""

from dataclasses import dataclass, replace

from dnnvis.core.messages import Failure
from dnnvis.core.translation.catalog import tr


@dataclass(frozen=True)
class FailureEntry:
    """A failure and how often it occurred."""

    #: The last failure of its kind.
    failure: Failure
    #: Clock time of the first one, like 12:03:44.
    first: str
    #: Clock time of the last one.
    last: str
    #: How often it occurred.
    times: int = 1


def add_failure(
    entries: tuple[FailureEntry, ...], failure: Failure, clock: str, max_entries: int = 200
) -> tuple[FailureEntry, ...]:
    """Return ``entries`` with one more failure, newest first.

    A known sentence is counted, moved to the front, and keeps its first time; so is a frame that
    fails right after another, whatever its sentence.

    Args:
        entries: The failures so far.
        failure: The new one.
        clock: Its clock time, like 12:03:44.
        max_entries: Number of entries at most.

    Returns:
        The entries, newest first.
    """
    same = [f for f in entries if _is_same(f.failure, failure)]
    others = [f for f in entries if not _is_same(f.failure, failure)]
    if same:
        newest = replace(same[0], failure=failure, last=clock, times=same[0].times + 1)
    else:
        newest = FailureEntry(failure, clock, clock)
    return (newest, *others)[:max_entries]


def format_report(entries: tuple[FailureEntry, ...]) -> str:
    """Format all entries, to be pasted into a report."""
    return "\n".join(f"{format_line(f)}\n{f.failure.details}".rstrip() + "\n" for f in entries)


def format_line(entry: FailureEntry) -> str:
    """Format one line: when, what, how often."""
    when = entry.first if entry.first == entry.last else f"{entry.first}–{entry.last}"
    count_text = "" if entry.times == 1 else tr("  ({count} times)", count=entry.times)
    if entry.failure.in_row > 1:
        count_text = tr("  (failed {count} times in a row)", count=entry.failure.in_row)
    return f"{when}  {entry.failure.sentence}{count_text}"


def _is_same(one: Failure, other: Failure) -> bool:
    if other.in_row > 1 and one.in_row == other.in_row - 1:  # the frame just before
        return True
    return (one.sentence, one.kind) == (other.sentence, other.kind)
