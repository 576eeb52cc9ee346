"""A dialogue in four scripts, as papers say it."""

from portal.papers.dialogue import Article, Paper, Question, Said

ENGLISH = """# In force

The **law** of 2019 *applies*, see `art. 5` and [the text](https://law.example/5).
Second line.

- first
- second

7. seventh

> quoted

| Year | Cases |
|---|---|
| 2024 | twelve |

---
"""
ARABIC = "تجرم الدولة المستعرضة (المادة 5 من UNTOC) المشاركة في **جماعة إجرامية** منظمة.\n\n- أولا\n"
RUSSIAN = "Государство признало *уголовно* наказуемым участие в группе."
CHINESE = "被审议国将参加有组织犯罪集团的行为定为**刑事犯罪**。"


def entry(text: str, language: str = "en", *, rtl: bool = False, **more: object) -> Said:
    return Said("Answer", "Focal point of Aland", "5 May 2026", text, language, rtl, **more)  # type: ignore[arg-type]


def question(number: int, *entries: Said) -> Question:
    return Question(f"Q{number}", f"Heading {number}", "Request", "Expert of Boretania", "3 May 2026", entries)


def paper_of(*entries: Said, rtl: bool = False) -> Paper:
    """Give a paper with a single question."""
    return Paper(
        "Dialogue of Aland",
        "First cycle",
        (("State under review", "Aland"), ("Reviewing States", "Боретания، بحرستان")),
        "Made on 25 November 2026",
        "ar" if rtl else "en",
        rtl,
        (Article("UNTOC 5", (question(1, *entries),)),),
    )


def full_paper() -> Paper:
    """Give a paper of three articles, two of them with answers in other scripts."""
    one = paper_of(
        entry(ENGLISH),
        entry(
            ARABIC, "ar", rtl=True, corrects="Corrects the answer of 4 May", attachments=("قانون 2019.pdf", "law.pdf")
        ),
    )
    more = (
        Article("UNTOC 6", (question(2, entry(RUSSIAN, "ru")), question(3, entry(CHINESE, "zh")))),
        Article("TIP 9", (question(4, entry("Last.")),)),
    )
    return Paper(
        one.title, one.subtitle, one.facts, one.made_at, one.language, one.rtl, (*one.articles, *more), "Confidential"
    )
