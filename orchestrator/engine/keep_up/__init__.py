"""What keeps a project up: noticing that its default branch moved, and having it follow a remote."""
