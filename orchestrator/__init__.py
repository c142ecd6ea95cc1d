"""TeleVibe: the middle AI between a person and many coding-agent sessions."""
