"""What a text can have wrong."""


class InkwellError(ValueError):
    """The root."""


class SyntaxProblem(InkwellError):
    def __init__(self, message, line=0):
        super().__init__(message)
        self.message = message
        self.line = line


class MissingField(InkwellError):
    """A page lacks a field of its front matter."""


class BrokenLink(InkwellError):
    """A link leads nowhere."""
