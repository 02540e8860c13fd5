"""Is anything lost, and does anything pile up?"""
