"""The events as types: one union over CloudEvents 1.0, told apart by `type`. No reading, no writing.

What characters an identifier may have is in `identifiers.py`, which looks at all of an event's at once. Amounts are
JSON numbers. Within the contract's range and decimals the nearest binary number is written with the same digits again,
so no cent is lost on the way to PostgreSQL's `numeric`; more decimals are refused.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

MOMENT = (
    r"^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(?:[.][0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])\Z"
)

EventId = Annotated[str, Meta(min_length=1, max_length=64)]
Source = Annotated[str, Meta(min_length=1, max_length=500)]
Identifier = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=500)]
Moment = Annotated[str, Meta(pattern=MOMENT)]
Amount = Annotated[float, Meta(ge=-1_000_000, le=1_000_000)]
Discount = Annotated[float, Meta(ge=0, le=1_000_000)]
Quantity = Annotated[float, Meta(ge=-1_000_000_000, le=1_000_000_000)]
Status = Literal["paid", "completed", "refunded", "failed", "cancelled", "pending"]


class TransactionData(Struct, frozen=True, gc=False, omit_defaults=True):
    """A line of a sale, or what became of it."""

    transaction_id: Identifier
    amount: Amount
    customer_id: Identifier
    status: Status
    currency: Literal["USD"] | None = None
    product_id: Identifier | None = None
    product: Text | None = None
    quantity: Quantity | None = None
    discount: Discount | None = None
    channel: Text | None = None
    payment_method: Text | None = None

    def __post_init__(self) -> None:
        """Refuse what bounds of one field cannot: decimals that the column has no place for, a sale of nothing."""
        amount, quantity = self.amount, self.quantity
        if round(amount, 2) != amount:
            raise ValueError("amount has more than 2 decimals")
        if amount <= 0 and (amount == 0 or quantity is None or quantity >= 0):
            raise ValueError("amount is not positive, and this is no return with a negative quantity")
        if quantity is not None and round(quantity, 3) != quantity:
            raise ValueError("quantity has more than 3 decimals")
        if self.discount is not None and round(self.discount, 2) != self.discount:
            raise ValueError("discount has more than 2 decimals")

    @property
    def user_id(self) -> str:
        """Whom the event is about."""
        return self.customer_id

    @property
    def joined(self) -> str:
        """Every identifier, one after the other."""
        return self.transaction_id + self.customer_id + (self.product_id or "")


class SignupData(Struct, frozen=True, gc=False, omit_defaults=True):
    """A customer who signed up."""

    customer_id: Identifier
    email: Text | None = None
    name: Text | None = None
    segment: Text | None = None
    plan_type: Text | None = None
    acquisition_channel: Text | None = None

    @property
    def user_id(self) -> str:
        """Whom the event is about."""
        return self.customer_id

    @property
    def joined(self) -> str:
        """Every identifier, one after the other."""
        return self.customer_id


class ExposureData(Struct, frozen=True, gc=False, omit_defaults=True):
    """A unit that saw an arm of an experiment, once more."""

    experiment_id: Identifier
    user_id: Identifier
    variant: Identifier

    @property
    def joined(self) -> str:
        """Every identifier, one after the other."""
        return self.experiment_id + self.user_id + self.variant


class CloudEvent(Struct, frozen=True, gc=False, omit_defaults=True, tag_field="type", kw_only=True):
    """What every event has. `time` is when it happened, as text: the database reads it as it is."""

    id: EventId
    source: Source
    time: Moment
    specversion: Literal["1.0"]
    subject: Identifier | None = None


class Transaction(CloudEvent, frozen=True, gc=False, omit_defaults=True, tag="echo.transaction.v1"):
    """An event of the kind `transaction`."""

    data: TransactionData


class Signup(CloudEvent, frozen=True, gc=False, omit_defaults=True, tag="echo.signup.v1"):
    """An event of the kind `signup`."""

    data: SignupData


class ExperimentExposure(CloudEvent, frozen=True, gc=False, omit_defaults=True, tag="echo.experiment_exposure.v1"):
    """An event of the kind `experiment_exposure`."""

    data: ExposureData


Event = Transaction | Signup | ExperimentExposure
KINDS: dict[type, str] = {
    Transaction: "transaction",
    Signup: "signup",
    ExperimentExposure: "experiment_exposure",
}
"""What `event_type` is called in the tables."""
TAGS = {kind: str(each.__struct_config__.tag) for each, kind in KINDS.items()}  # type: ignore[attr-defined]
