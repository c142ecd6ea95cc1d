"""The table of orders."""

number = 2


def up(tables: dict[str, list[str]]) -> None:
    tables["orders"] = ["number", "owner", "cents", "status"]
