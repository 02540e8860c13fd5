"""Game-of-Life boards: the rule, how boards begin, patterns, files, and the board as a source."""
