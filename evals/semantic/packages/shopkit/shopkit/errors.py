"""What can go wrong in the shop."""


class ShopError(Exception):
    """The root of all of them."""


class UnknownProduct(ShopError, KeyError):
    """There is no product with this number."""

    def __init__(self, sku: str) -> None:
        super().__init__(sku)
        self.sku = sku


class OutOfStock(ShopError):
    """Fewer are left than were asked for."""


class PaymentFailed(ShopError):
    """The gateway said no."""

    def __init__(self, reason: str, code: int = 402) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
