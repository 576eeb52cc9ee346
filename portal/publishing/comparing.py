"""The job on files that are compared, in a confined process of its own: it reads half of what those on pages read.

What imports late is imported here: afterwards no file opens.
"""

import codecs

from portal.domain.quoting import File, quotes
from portal.publishing.wording import wording
from portal.rendering.jobs import Given, Made

codecs.lookup("cp437")  # the names in a ZIP archive


def find_quotes(given: Given) -> Made:
    """Find what the further piece, a text, quotes of a document; `more`: it holds more than could be read."""
    said, more = wording(given.file)
    found = quotes(given.pieces[1].decode(), File((said,)))
    return Made({"more": more, "quoted": [one.words for one in found]})
