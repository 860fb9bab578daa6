"""The log followed, deliveries queued, signed and sent."""
