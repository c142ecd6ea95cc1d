"""inkwell: small texts in a small markup, turned into pages."""

from .document import Document
from .nodes import *
from .parser import parse, parse_inline
from .render import render_html, render_text
from .site import Page, Site
