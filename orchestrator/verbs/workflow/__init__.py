"""Workflow files: a DAG of stages as somebody wrote it down. Nothing here reads a file.

``values``    what one key may say, and how a JSON schema says so
``keys``      the keys of a file and of a stage: one table for the reader, the schema and the advice about a misspelt key
``read``      text → Workflow, or every fault with its line and column
``validate``  faults of the stages among each other, and with what the project has
``order``     predecessors first; a circle by its names
``fill``      the goal and its parts into the instructions
``tasks``     Workflow → the tasks of a goal
``view``      how far the stages of a run are
``picture``   that as text
``schema``    the JSON schema for editors
"""
