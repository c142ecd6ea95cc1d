"""The table of products."""

number = 1


def up(tables: dict[str, list[str]]) -> None:
    tables["products"] = ["sku", "title", "cents"]
