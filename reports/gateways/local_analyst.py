"""The local analyst: writes a section without any model, from the publishers' own sentences.

It has the shape that every analyst has, so that a model can stand in its place. It cannot fail:
it talks to nobody.
"""

from __future__ import annotations

from reports.domain.analysis import Analysis, Material
from reports.domain.extraction import ANALYST, extract


class LocalAnalyst:
    """Picks, orders and quotes; adds no word of its own."""

    name = ANALYST

    def analyze(self, material: Material) -> Analysis:
        """Return the section's claims; none if nothing in the material may be published."""
        return extract(material)
