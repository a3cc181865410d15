"""Photos as phones make them, drawn anew: turned upright, made smaller, without place, time and owner (EXIF)."""

from __future__ import annotations

import io

from PIL import Image, ImageOps

from campus.errors import Conflict

LONGEST = 2000  # pixels of the longer edge that are kept
MOST_PIXELS = 60_000_000  # what a phone can make; more would fill the memory when it is unpacked
_FORMS = ("JPEG", "PNG", "WEBP")


def clean(content: bytes) -> bytes:
    """The picture in ``content`` as JPEG with its pixels alone; raises `Conflict` for what is no JPEG, PNG or WebP."""
    try:
        with Image.open(io.BytesIO(content), formats=_FORMS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise Conflict(f"the picture has {picture.width} x {picture.height} pixels; that is too large")
            picture.draft("RGB", (LONGEST, LONGEST))  # a JPEG is unpacked no larger than it is kept
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except Conflict:
        raise
    except Exception:  # noqa: BLE001 - a broken file makes a decoder raise whatever it likes
        raise Conflict("this is no JPEG, PNG or WebP picture, or a part of it is missing") from None
    upright.thumbnail((LONGEST, LONGEST))
    plain = Image.frombytes("RGB", upright.size, upright.tobytes())  # nothing but the pixels
    file = io.BytesIO()
    plain.save(file, "JPEG", quality=82, optimize=True)
    return file.getvalue()
