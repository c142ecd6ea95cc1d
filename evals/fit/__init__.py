"""What makes the files under ``orchestrator/boundaries/learned``, from facts that are not part of the project."""
