"""What every document (PDF) of ours shares: a font for Chinese, and streams as bytes."""

from __future__ import annotations

from functools import cache

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont

# A font every PDF reader brings for Chinese: nothing is embedded, the file stays small.
FONT = "STSong-Light"


@cache
def make_ready() -> None:
    """Make `FONT` known. Streams stay bytes: written as text of 85 letters each cost more than all drawing."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    rl_config.useA85 = 0
