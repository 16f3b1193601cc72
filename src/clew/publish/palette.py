"""The colours of the report, light and dark, and which stands on which.

Every pair reaches the contrast of WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for what is drawn (1.4.11); a test
computes it. Colour only ever repeats what words, shapes or line patterns say.
"""

from __future__ import annotations

LIGHT = {
    "page": "#ffffff",
    "panel": "#f3f5f6",
    "ink": "#0b0c0c",
    "quiet": "#484d52",
    "line": "#b3b9be",
    "link": "#1a4f8f",
    "for": "#1d5c96",
    "against": "#a1501c",
    "known": "#6b2f7a",
    "marking": "#7a1f1f",
    "marking-ink": "#ffffff",
    "notice": "#fdf3d6",
    "focus": "#0b0c0c",
}

DARK = {
    "page": "#14171a",
    "panel": "#1f2428",
    "ink": "#f1f3f4",
    "quiet": "#b6bec5",
    "line": "#58616a",
    "link": "#8fc1ff",
    "for": "#7db3ee",
    "against": "#f0a36b",
    "known": "#d7a3e6",
    "marking": "#8c2b2b",
    "marking-ink": "#ffffff",
    "notice": "#3a3217",
    "focus": "#ffdd00",
}

#: (foreground, background) of text, 4.5:1 at least.
TEXT_PAIRS = (
    ("ink", "page"),
    ("ink", "panel"),
    ("ink", "notice"),
    ("quiet", "page"),
    ("quiet", "panel"),
    ("link", "page"),
    ("link", "panel"),
    ("marking-ink", "marking"),
)

#: (foreground, background) of what is drawn and must be seen, 3:1 at least.
DRAWN_PAIRS = (
    ("for", "page"),
    ("for", "panel"),
    ("against", "page"),
    ("against", "panel"),
    ("known", "page"),
    ("known", "panel"),
    ("quiet", "panel"),
    ("focus", "page"),
    ("focus", "panel"),
)
