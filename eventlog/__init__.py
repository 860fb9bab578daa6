"""The append-only log on PostgreSQL: append, load, follow, verify. The only room that knows its tables."""
