"""What the documents of the demonstration say, in the languages of those who write them.

Every text says that it is invented. `{state}` is the State under review, `{marker}` a word that occurs in this
one document and nowhere else, so that a leak can be searched for.
"""

# ruff: noqa: RUF001 - texts in the scripts of their writers

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.domain.documents import DocumentKind, DocumentStage
from portal.domain.reviews import RoomKind

Rows = Sequence[Sequence[str | int]]


@dataclass(frozen=True, slots=True)
class Text:
    """A file's name and its content: paragraphs, rows of a table, or lines of a picture."""

    file_name: str
    paragraphs: Sequence[str] = ()
    rows: Rows = ()
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Template:
    """A document that occurs in both reviews, written by the same hand in each."""

    key: str
    title: str
    kind: DocumentKind
    # the part in the review of the person who uploads it: focal, first, second, officer, translator
    hand: str
    room: RoomKind
    stage: DocumentStage
    texts: Mapping[str, Text]
    tags: str = ""
    follows: str | None = None
    translates: str | None = None


_LAW: Final = (
    "# Act on the Prevention of Organized Crime",
    "Text as invented for a demonstration. No State has passed this Act.",
    "# Chapter I. Definitions",
    (
        "Section 1. In this Act, an organized criminal group is a structured group of three or more persons that "
        "exists for some time and acts in concert in order to commit serious crimes for gain."
    ),
    "Section 2. A serious crime is one that may be punished by four years of imprisonment or more.",
    "# Chapter II. Participation",
    (
        "Section 3. Whoever agrees with others to commit a serious crime for gain is liable to imprisonment for up "
        "to six years, whether or not the crime was committed."
    ),
    (
        "Section 4. Whoever takes an active part in an organized criminal group, knowing its aim, is liable to "
        "imprisonment for up to eight years."
    ),
    "Reference of this copy, held by the ministry of {state}: {marker}.",
    "\f",
    "# Chapter III. Laundering of proceeds",
    (
        "Section 5. Whoever converts, transfers, conceals or disguises property, knowing that it comes from a serious "
        "crime, is liable to imprisonment for up to ten years."
    ),
    "Section 6. The predicate offences are all serious crimes and the offences established under the Protocols.",
    "# Chapter IV. Liability of legal persons",
    (
        "Section 7. A legal person is liable for the offences of this Act committed on its behalf; the liability of "
        "natural persons is not affected."
    ),
    "\f",
    "# Chapter V. Cooperation",
    "Section 8. Extradition is granted for the offences of this Act on the conditions of the Extradition Act.",
    "Section 9. Legal assistance is given in the widest measure that the law allows.",
)

TEMPLATES: Final = (
    Template(
        "response",
        "Response to the self-assessment checklist",
        DocumentKind.CHECKLIST_RESPONSE,
        "focal",
        RoomKind.SHARED,
        DocumentStage.CIRCULATED,
        {
            "ar": Text(
                "الرد على قائمة التقييم الذاتي.docx",
                (
                    "# رد {state} على قائمة التقييم الذاتي",
                    "هذا النص مختلق لأغراض العرض فقط، ولا يصف أي دولة قائمة.",
                    "# المادة ٥: تجريم المشاركة في جماعة إجرامية منظمة",
                    (
                        "تجرّم التشريعات الوطنية الاتفاق على ارتكاب جريمة خطيرة، كما تجرّم المشاركة في أنشطة "
                        "الجماعة الإجرامية المنظمة مع العلم بهدفها."
                    ),
                    "# المادة ٦: غسل عائدات الجرائم",
                    "يشمل التجريم جميع الجرائم الخطيرة بوصفها جرائم أصلية. الرقم المرجعي: {marker}.",
                    "# المادة ١٨: المساعدة القانونية المتبادلة",
                    "السلطة المركزية هي إدارة التعاون الدولي في وزارة العدل.",
                ),
            )
        },
        tags="UNTOC 5, UNTOC 6, UNTOC 18",
    ),
    Template(
        "translation",
        "Response to the self-assessment checklist",
        DocumentKind.CHECKLIST_RESPONSE,
        "translator",
        RoomKind.SHARED,
        DocumentStage.CIRCULATED,
        {
            "en": Text(
                "Response to the checklist (English).pdf",
                (
                    "# Response of {state} to the self-assessment checklist",
                    "This text is invented for a demonstration and describes no State that exists.",
                    "# Article 5: participation in an organized criminal group",
                    (
                        "National law makes it an offence to agree on a serious crime, and to take part in the "
                        "activities of an organized criminal group knowing its aim."
                    ),
                    "# Article 6: laundering of the proceeds of crime",
                    "All serious crimes are predicate offences. Reference: {marker}.",
                    "# Article 18: mutual legal assistance",
                    "The central authority is the department of international cooperation of the ministry of justice.",
                ),
            )
        },
        tags="UNTOC 5, UNTOC 6, UNTOC 18",
        translates="response",
    ),
    Template(
        "law",
        "Act on the Prevention of Organized Crime",
        DocumentKind.LAW,
        "focal",
        RoomKind.SHARED,
        DocumentStage.CIRCULATED,
        {"en": Text("Organized Crime Act – excerpt.pdf", _LAW[:9])},
        tags="UNTOC 5, UNTOC 6",
    ),
    Template(
        "law-consolidated",
        "Act on the Prevention of Organized Crime",
        DocumentKind.LAW,
        "focal",
        RoomKind.SHARED,
        DocumentStage.CIRCULATED,
        {"en": Text("Organized Crime Act – consolidated.pdf", _LAW)},
        tags="UNTOC 5, UNTOC 6, UNTOC 10, UNTOC 16, UNTOC 18",
        follows="law",
    ),
    Template(
        "cases",
        "Table of cases",
        DocumentKind.CASE,
        "focal",
        RoomKind.SHARED,
        DocumentStage.SUBMITTED,
        {
            "ar": Text(
                "جدول القضايا ٢٠٢٠-٢٠٢٤.xlsx",
                rows=(
                    ("السنة", "القضايا", "الإدانات", "المرجع"),
                    (2020, 14, 9, "{marker}"),
                    (2021, 17, 11, "{marker}"),
                    (2022, 12, 8, "{marker}"),
                    (2023, 21, 15, "{marker}"),
                    (2024, 19, 12, "{marker}"),
                    ("أرقام مختلقة لأغراض العرض", "", "", "{state}"),
                ),
            )
        },
        tags="UNTOC 5",
    ),
    Template(
        "note-verbale",
        "Scan of a note verbale",
        DocumentKind.OTHER,
        "focal",
        RoomKind.SHARED,
        DocumentStage.CIRCULATED,
        {"ar": Text("مذكرة شفوية.png", lines=19)},
    ),
    Template(
        "draft-answer",
        "Draft answer, not cleared",
        DocumentKind.NOTE,
        "focal",
        RoomKind.NATIONAL,
        DocumentStage.DRAFT,
        {
            "ar": Text(
                "مسودة الإجابة – للاستعمال الداخلي.docx",
                (
                    "# مسودة إجابة {state}",
                    "نص مختلق لأغراض العرض. لم تعتمد الوزارة هذه المسودة بعد.",
                    "نقترح أن نوضح أن المحاكم لم تطبق المادة بعد. الرقم المرجعي: {marker}.",
                ),
            )
        },
        tags="UNTOC 5(1)(a)",
    ),
    Template(
        "judgment",
        "Judgment on agreements made abroad",
        DocumentKind.CASE,
        "focal",
        RoomKind.NATIONAL,
        DocumentStage.DRAFT,
        {
            "ar": Text(
                "حكم محكمة النقض – مقتطف.docx",
                (
                    "# مقتطف من حكم محكمة النقض في {state}",
                    "نص مختلق لأغراض العرض. لم تصدر أي محكمة هذا الحكم.",
                    "يعاقب على الاتفاق أينما عُقد متى كان محله جريمة ترتكب في الإقليم. الرقم المرجعي: {marker}.",
                ),
            )
        },
        tags="UNTOC 5(1)(a)(i)",
    ),
    Template(
        "division",
        "Division of work",
        DocumentKind.NOTE,
        "first",
        RoomKind.REVIEWERS,
        DocumentStage.DRAFT,
        {
            "zh": Text(
                "审议分工表.xlsx",
                rows=(
                    ("条款", "负责专家", "期限", "编号"),
                    ("第五条", "第一审议国", "2025-11-15", "{marker}"),
                    ("第六条", "第二审议国", "2025-11-15", "{marker}"),
                    ("第十八条", "第一审议国", "2025-11-30", "{marker}"),
                    ("内容纯属虚构，仅供演示", "", "", "{state}"),
                ),
            ),
            "fr": Text(
                "Répartition des tâches.xlsx",
                rows=(
                    ("Article", "Expert", "Délai", "Référence"),
                    ("Article 5", "premier État examinateur", "2025-11-15", "{marker}"),
                    ("Article 6", "second État examinateur", "2025-11-15", "{marker}"),
                    ("Article 18", "premier État examinateur", "2025-11-30", "{marker}"),
                    ("Contenu inventé pour la démonstration", "", "", "{state}"),
                ),
            ),
        },
        tags="UNTOC 5, UNTOC 6, UNTOC 18",
    ),
    Template(
        "desk-review",
        "Outcome of the desk review",
        DocumentKind.DESK_REVIEW_OUTCOME,
        "second",
        RoomKind.REVIEWERS,
        DocumentStage.DRAFT,
        {
            "ru": Text(
                "Итоги кабинетного обзора.docx",
                (
                    "# Итоги кабинетного обзора: {state}",
                    "Текст вымышлен для демонстрации и не описывает ни одно существующее государство.",
                    "# Статья 5",
                    (
                        "Просим уточнить, применялась ли судами норма о сговоре за рассматриваемый период. "
                        "Номер: {marker}."
                    ),
                    "# Статья 18",
                    "Просим указать средний срок исполнения запросов о взаимной правовой помощи.",
                ),
            )
        },
        tags="UNTOC 5(1)(a)(i), UNTOC 18",
    ),
    Template(
        "handling",
        "Handling note",
        DocumentKind.NOTE,
        "officer",
        RoomKind.SECRETARIAT,
        DocumentStage.DRAFT,
        {
            "en": Text(
                "Handling note.docx",
                (
                    "# Handling note on the review of {state}",
                    "Invented for a demonstration.",
                    (
                        "The response was sent for translation; the first video conference is on a Tuesday at ten. "
                        "Reference: {marker}."
                    ),
                ),
            )
        },
    ),
)
