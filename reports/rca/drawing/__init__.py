"""A diagnosis drawn: the RCA tree and the fishbone."""

from reports.rca.drawing.fishbone import fishbone
from reports.rca.drawing.tree import rca_tree

__all__ = ["fishbone", "rca_tree"]
