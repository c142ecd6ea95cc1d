import unittest

from inkwell import Document, Site, render_html, render_text
from inkwell.cli import run
from inkwell.errors import BrokenLink, MissingField
from inkwell.filters import run_filters
from inkwell.frontmatter import require
from inkwell.plugins import load_plugins
from inkwell.render import available, renderer_for
from inkwell.site import site_config
from inkwell.slugs import slugify, unique_slug
from inkwell.toc import contents

from . import SAMPLE


class PagesTest(unittest.TestCase):
    def test_a_document_knows_itself(self) -> None:
        document = Document(SAMPLE)
        self.assertEqual((document.title, document.tags, document.links()), ("Ink", ["pen", "paper"], ["/other/"]))
        self.assertEqual(document.word_count(), 7)
        self.assertEqual(Document.from_lines(["# Top", "x"]).title, "Top")
        with self.assertRaises(MissingField):
            require(document.fields, "date")

    def test_html(self) -> None:
        tree = Document("# A & b\n**c** `d`").tree
        self.assertEqual(render_html(tree), '<h1 id="a-b">A &amp; b</h1><p><b>c</b> <code>d</code></p>')
        self.assertEqual(render_text(Document("# a\n- b").tree), "A\n* b\n")

    def test_renderers_by_suffix(self) -> None:
        self.assertIn(".html", available())
        self.assertEqual(renderer_for(".text").suffix, ".text")

    def test_site(self) -> None:
        site = Site("Notes")
        site.add(SAMPLE, ("trim",))
        with self.assertRaises(BrokenLink):
            site.check_links()
        site.add("# Other")
        self.assertEqual(site.check_links(), 1)
        self.assertEqual(sorted(site.build()), ["/ink/", "/other/"])
        self.assertEqual(site.find("ink").document.title, "Ink")

    def test_slugs(self) -> None:
        self.assertEqual(slugify("Ink & Pens!"), "ink-pens")
        self.assertEqual(unique_slug("Ink", {"ink"}), "ink-2")

    def test_plugins_and_filters(self) -> None:
        load_plugins()
        self.assertEqual(run_filters("a \n\tb :smile:", ["trim", "tabs", "emoji"]), "a\n    b ☺")

    def test_command_line_and_config(self) -> None:
        self.assertEqual(run(["toc", "--depth", "1"], SAMPLE), contents(Document(SAMPLE), 1))
        self.assertEqual(site_config()["language"], "en")
