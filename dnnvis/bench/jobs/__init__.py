"""Benches of long jobs in processes of their own."""
