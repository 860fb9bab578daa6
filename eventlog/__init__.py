"""The append-only log on PostgreSQL through `eventsourcing`: append, load, follow, verify."""
