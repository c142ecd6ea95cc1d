"""Trouble that a merge does not show: what files define, import and use, read from their text and linked across two branches.

``facts_of`` reads one file, in whatever language its suffix says. A view of a tree links files: what an import means, what a chain of
names arrives at. The comparer looks at the tree as it would be merged and at each side's own: what is wrong only in the former is a
collision, so that what one branch lives with already, or has itself adapted, is none.
"""
