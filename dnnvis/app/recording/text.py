"""Say in words what is kept of the last seconds, and how far a recording is."""

from dnnvis.core.messages import RecordingStatus
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.frame_ring import MB, RingStatus


def describe_ring(status: RingStatus) -> str:
    """Return ``last 12 s, 48 MB``; "" where nothing is kept."""
    if status.frames < 2:
        return ""
    return tr("last {seconds:.0f} s, {size:.0f} MB", seconds=status.seconds, size=status.size / MB)


def describe_ring_details(status: RingStatus, max_bytes: int) -> str:
    """Return what the ring holds, in a sentence."""
    return tr(
        "{frames:,} frames of the last seconds are in memory, {with_maps:,} of them with the "
        "layers on show; the budget is {budget:.0f} MB (menu Source).",
        frames=status.frames,
        with_maps=status.with_maps,
        budget=max_bytes / MB,
    )


def describe_recording(status: RecordingStatus) -> str:
    """Return ``recording 12 s, 340 of 1,000 MB``."""
    text = tr(
        "recording {seconds:.0f} s, {size:,.0f} of {budget:,.0f} MB",
        seconds=status.seconds,
        size=status.size / MB,
        budget=status.max_bytes / MB,
    )
    if not status.dropped:
        return text
    return tr("{text}, {count:,} frames left out", text=text, count=status.dropped)


def describe_end(status: RecordingStatus) -> str:
    """Return how a recording ended, in a sentence; its own where something went wrong."""
    if status.failed:
        return status.ended
    name = status.path.rsplit("/", 1)[-1]
    text = tr(
        "{name} has {frames:,} frames ({size:,.0f} MB)",
        name=name,
        frames=status.frames,
        size=status.size / MB,
    )
    if not status.dropped:
        return text
    return tr("{text}, {count:,} frames left out", text=text, count=status.dropped)
