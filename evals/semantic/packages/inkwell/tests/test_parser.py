import unittest

from inkwell import Bold, Heading, Item, Link, Text, parse, parse_inline, plain_text, walk
from inkwell.errors import SyntaxProblem
from inkwell.lexer import Kind, blocks, classify
from inkwell.parser import parse_heading


class ParserTest(unittest.TestCase):
    def test_inline(self) -> None:
        self.assertEqual(parse_inline("a **b**"), [Text(value="a "), Bold([Text(value="b")])])
        [link] = parse_inline("[x](https://y)")
        self.assertIsInstance(link, Link)
        self.assertTrue(link.external)

    def test_blocks(self) -> None:
        self.assertEqual([block.kind for block in blocks("# A\n\n- b\n```\nc\n```")], [Kind.HEADING, Kind.BLANK, Kind.ITEM, Kind.FENCE])
        self.assertIs(classify("- x"), Kind.ITEM)

    def test_tree(self) -> None:
        tree = parse("# A b\n- c")
        self.assertEqual([type(node) for node in tree.children], [Heading, Item])
        self.assertEqual(plain_text(tree), "A bc")
        self.assertEqual(len(list(walk(tree))), 5)

    def test_a_heading_has_six_levels(self) -> None:
        self.assertEqual(parse_heading("## x").level, 2)
        with self.assertRaises(SyntaxProblem):
            parse("####### x")
