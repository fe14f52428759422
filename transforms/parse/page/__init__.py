"""Pages as flat arrays: one pass over the bytes gives elements and text, a second one lines, a third one features.

Nothing here builds a tree of objects. Elements are rows in the order in which they open; `parents` says where each one
stands. All passes are linear in the size of the page, whatever it holds.
"""
