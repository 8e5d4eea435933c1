"""Releases: what an environment runs, as an immutable archive that is named by its content, and moved as a whole.

`manifest` says what a release is, `archive` how it travels, `store` where it is kept, `pins` which one a stack runs.
"""
