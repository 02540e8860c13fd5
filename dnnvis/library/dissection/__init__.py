"""Compare units with concepts: which unit detects what (Bau et al. 2017)."""
