"""Outside edits written back into a project's sources, as a patch to review.

What is known to be what the edit is about is written: a member of a bundle, a literal in the program, a value of the
stack's configuration. What is not is listed, with the reason. Nothing is changed: the patch is a text.
"""
