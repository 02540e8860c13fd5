"""The SQLite file of a network's units: schema, records, queries."""
