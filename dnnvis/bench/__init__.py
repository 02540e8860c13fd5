"""How fast? Each figure as a ratio to a bare reference measured in the same run."""
