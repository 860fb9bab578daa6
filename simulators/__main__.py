"""`python -m simulators` says what there is to start."""

print(
    """Programs that stand for the outside world; each takes --help:

python -m simulators.stock_service   the brand's stock service, with bad days on demand
python -m simulators.order_source    the order source (Omnitron-shaped), or a Seller Center in its place
python -m simulators.fast_cargo      a carrier that speaks JSON and answers with the label
python -m simulators.steady_parcel   a carrier that speaks XML and makes labels later
python -m simulators.invoices        an invoice service and bill fulfilment that count
python -m simulators.text_messages   a provider of text messages
python -m simulators.geocoder        a provider of coordinates
python -m simulators.erp             an ERP that receives and verifies the webhooks
python -m simulators.bad_days        a receiver of webhooks on its bad days: drips, bombs, resets, redirects
python -m simulators.staff           the staff of all stores and warehouses, working through the HTTP API"""
)
