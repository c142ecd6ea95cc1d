"""Whether the shop is well."""

from ..config import setting
from ..routing import Answer, router


@router.get("/health")
def health() -> Answer:
    return {"shop": setting("shop.name")}
