"""A folded order as JSON and back, for the table of states and for comparing what changed."""

import msgspec

from domain.order import Order

encode_order = msgspec.json.Encoder(decimal_format="string").encode
_decoder = msgspec.json.Decoder(Order)


def decode_order(text: str | bytes) -> Order:
    return _decoder.decode(text)
