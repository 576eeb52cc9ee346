"""Why the web layer itself turns a request away, before any use case sees it."""


class RequestRefused(Exception):
    """A request that is forged, malformed or too large.

    Attributes:
        status: The HTTP status that answers it.
        sentence: A marked sentence for the person: what happened, what was lost, what to do next.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
