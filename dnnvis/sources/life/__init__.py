"""Run Game-of-Life boards: the rule, starts, patterns, files, and the board as a source."""
