"""Names a browser and its system for people, from what the browser says of itself: a hint, and never a proof."""

from typing import Final

# the first that fits: a browser names those that it is like, too
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chrome", "Chrome"),
    ("CriOS", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def device_name(client: str) -> str:
    """Name browser and system, as in "Firefox, Linux"; what isn't known is left out, down to nothing."""
    found = (next((name for sign, name in signs if sign in client), "") for signs in (_BROWSERS, _SYSTEMS))
    return ", ".join(name for name in found if name)
