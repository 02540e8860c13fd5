"""How units are probed: changed pictures, and responses to simple ones."""
