"""The outside world, as programs of their own: the brand's stock service, an ERP that gets the webhooks, and the staff
of the stores; and the real data that the demo, the tests and the benchmarks feed them with. They import nothing of the
other rooms: whatever they know of the system, they know over HTTP."""
