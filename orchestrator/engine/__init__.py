"""The engine: one process per home that turns events into work. Everything above the wires and below the doors."""
