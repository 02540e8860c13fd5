"""The Playground panel: a small network that learns points while one watches."""
