"""What sessions may ask of the orchestrator while they work: one function a tool, the same for MCP, agents in process and people."""
