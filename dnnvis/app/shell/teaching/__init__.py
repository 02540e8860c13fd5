"""Teach with the real window: lessons, coach marks, what cards mean, a pointer and a pen."""
