"""Run a network and record what happens inside it."""
