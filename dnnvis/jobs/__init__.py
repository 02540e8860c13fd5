"""Run long jobs beside the window: child processes of the same command, JSON lines back."""
