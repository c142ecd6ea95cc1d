"""Documents as HTML and as plain text."""

from inkwell.render.base import Renderer, available, renderer_for
from inkwell.render.html import HtmlRenderer, render_html
from inkwell.render.text import TextRenderer, render_text

__all__ = ["HtmlRenderer", "Renderer", "TextRenderer", "available", "render_html", "render_text", "renderer_for"]
