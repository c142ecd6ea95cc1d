"""The shared context file: read strictly, laid out from the store, merged entry by entry. No parser is imported before it is needed.

``parse``    text → what it says, with the text of each part
``project``  the store's values → what the file is to say
``render``   the two together → the next text, with the comments and keys of a human
``merge``    three states of the file → one
``changes``  two states of the file → what somebody did
"""
