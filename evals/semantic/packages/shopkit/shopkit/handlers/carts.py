"""What the shop answers about carts."""

from ..cart import Cart
from ..routing import Answer, router

CARTS: dict[str, Cart] = {}


@router.get("/cart")
def show_cart(owner: str) -> Answer:
    cart = CARTS.setdefault(owner, Cart(owner))
    return {"articles": cart.count(), "total": str(cart.total())}


@router.post("/cart/clear")
def clear_cart(owner: str) -> Answer:
    CARTS.setdefault(owner, Cart(owner)).clear()
    return {}
