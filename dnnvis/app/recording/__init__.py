"""The last seconds once more, recordings on disk, and films of what the window shows."""
