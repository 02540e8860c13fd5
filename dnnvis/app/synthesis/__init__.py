"""Pictures grown until they excite a unit."""
