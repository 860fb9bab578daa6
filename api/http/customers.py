"""`customers/{id}/forget/`: the person goes, the figures stay (spec 6.2)."""

from typing import Any

from api.forgetting import carry_out, key_of
from api.http.details import not_found
from api.http.routes import ADMIN, OMS, Answer, Call, route
from api.http.saving import save
from domain.customer import forget
from projections.filters import BIGGEST


@route("POST", f"{OMS}/customers/<int:id>/forget/", roles=ADMIN, tag="customers", answers="CustomerForgotten")
def forget_customer(call: Call, id: int) -> Any:
    """Destroys the customer's key and empties every column of theirs, for good. Once more changes nothing."""
    key = key_of(call.log, id) if id <= BIGGEST else None
    if key is None:
        raise not_found("customer", id)

    def decided(state: Any, id: int) -> list[Any]:
        return list(forget(state, id, key))

    saved = save(call, "customer", decided, command="forget-customer", id=id)
    return Answer(carry_out(call.log, call.services.keyring, id, key), headers=saved.headers)
