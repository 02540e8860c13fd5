"""How true: the papers' tables and figures, made again."""
