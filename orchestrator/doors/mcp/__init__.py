"""The MCP door: the coordination tools over streamable HTTP at ``/mcp``, inside of the engine's process; and a shim for stdio.

``host`` listens, ``app`` joins the parts, ``place`` and ``gate`` say who comes in, ``server`` is what the SDK asks.
"""
