"""Do the same work without a window, one file a command group."""
