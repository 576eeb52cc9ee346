"""Forms: what they keep for refilling, and how the shared fields show labels, hints and refusals."""

from html.parser import HTMLParser

import pytest

from portal.web.forms import Form, filled, parse_fields
from portal.web.pages import environment
from portal.web.refusals import RequestRefused

PAGE = """
{% from "_forms.html" import field, textarea, select, checkbox, choices, submit, refused with context %}
{% from "_upload.html" import upload with context %}
{{ refused(form) }}
{{ field(form, "name", "Name", hint="As in the note", autocomplete="name") }}
{{ field(form, "secret", "Passphrase", type="password") }}
{{ textarea(form, "reason", "Reason", required=false) }}
{{ select(form, "kind", "Kind", [("law", "Law"), ("case", "Case")], blank="Choose") }}
{{ checkbox(form, "agreed", "I agree") }}
{{ choices(form, "tags", "Tags", [("a", "Art. 5"), ("b", "Art. 6")]) }}
{% call upload(form, "/up", "Keep") %}{{ field(form, "title", "Title") }}{% endcall %}
{{ submit("Send", back="/") }}
"""


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def one(self, tag: str, **attributes: str) -> dict[str, str | None]:
        matching = [a for t, a in self.found if t == tag and attributes.items() <= a.items()]
        assert len(matching) == 1, (tag, attributes, matching)
        return matching[0]


def shown(form: Form) -> Elements:
    page = environment("en").from_string(PAGE)
    elements = Elements()
    elements.feed(page.render(form=form, csrf_field=lambda: "", zone=None))
    return elements


def test_a_field_shows_again_what_was_sent_and_never_a_passphrase() -> None:
    page = shown(filled(name='Ñandú "María" <b>', secret="the passphrase", reason="because", tags=("b",)))
    assert page.one("input", name="name")["value"] == 'Ñandú "María" <b>'
    assert "value" not in page.one("input", name="secret")
    assert "checked" in page.one("input", name="tags", value="b")
    assert "checked" not in page.one("input", name="tags", value="a")


def test_every_field_has_a_label_that_points_at_it() -> None:
    page = shown(Form())
    pointed = {attributes["for"] for tag, attributes in page.found if tag == "label" and "for" in attributes}
    for name in ("name", "secret", "reason", "kind", "title", "file"):
        assert name in pointed


def test_a_refused_field_says_so_to_everybody() -> None:
    form = Form()
    form.refuse("name", "Write the whole name.")
    form.refuse("name", "A second sentence that stays away.")
    page = shown(form)
    field = page.one("input", name="name")
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "name-hint name-error"
    assert page.one("p", id="name-error")["class"] == "wrong"
    assert page.one("a", href="#name") is not None
    assert form.errors == {"name": "Write the whole name."}
    assert not form.ok
    assert "aria-invalid" not in page.one("input", name="secret")


def test_the_upload_form_brings_its_token_first_and_its_file_last() -> None:
    page = environment("en").from_string(PAGE).render(form=Form(), csrf_field=lambda: "(token)", zone=None)
    start = page.index("data-upload")
    assert page.index("(token)", start) < page.index('name="title"', start) < page.index('type="file"', start)


def test_only_values_that_were_sent_count_as_sent() -> None:
    form = Form(parse_fields(b"kind=law&tags=a&tags=b&note=+two%0D%0Alines+&empty="))
    assert form.text("kind") == "law"
    assert form.all("tags") == ("a", "b")
    assert form.has("tags", "b")
    assert not form.has("tags", "c")
    assert form.text("note") == "two\nlines"
    assert form.has("empty")
    assert form.text("absent", "else") == "else"
    assert form.ok


def test_a_body_that_is_no_form_is_refused_with_a_sentence() -> None:
    with pytest.raises(RequestRefused) as refused:
        parse_fields(b"name=%fe%ff")
    assert refused.value.status == 400
    assert "nothing was done" in refused.value.sentence
