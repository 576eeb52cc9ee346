"""What is asked, answered and remarked in the demonstration, in the languages of those who write it.

Everything is invented. To each text a word is added that stands nowhere else, so that a leak can be searched for.
"""

# ruff: noqa: RUF001 - texts in the scripts of their writers

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.domain.clarifications import ClarificationKind

CLARIFICATION, INFORMATION, SUPPLEMENTARY = ClarificationKind


@dataclass(frozen=True, slots=True)
class Saying:
    """A text: what it is, in which language, and what it says; a question also has an article and a heading."""

    what: str
    language: str
    text: str
    article: str = ""
    heading: str = ""
    kind: ClarificationKind = CLARIFICATION


SAYINGS: Final[Mapping[str, Saying]] = {
    "abroad": Saying(
        "the question on article 5",
        "en",
        "Section 3 of the Act makes the agreement to commit a serious crime punishable. Does it cover an agreement "
        "that was made *abroad*, where the crime was to be committed in your territory?",
        "UNTOC 5(1)(a)(i)",
        "Agreements made abroad",
    ),
    "abroad-ar": Saying(
        "the translation of the question",
        "ar",
        "تجعل المادة ٣ من القانون الاتفاق على ارتكاب جريمة خطيرة معاقبا عليه. فهل تشمل اتفاقا عُقد في الخارج إذا "
        "كانت الجريمة سترتكب في إقليمكم؟",
    ),
    "abroad-answer": Saying(
        "the answer on article 5",
        "ar",
        "نعم. يعاقب على الاتفاق أينما عُقد إذا كان محله جريمة خطيرة ترتكب في إقليم الدولة، وقد أكدت محكمة النقض ذلك "
        "في الحكم المرفق.",
    ),
    "abroad-follows": Saying(
        "the question that follows",
        "en",
        "Thank you. Has the provision been applied since that judgment, and by which courts?",
    ),
    "abroad-last": Saying(
        "the last answer",
        "ar",
        "طُبق النص مرتين منذ صدور الحكم، أمام محكمة الجنايات المركزية وحدها.",
    ),
    "predicates": Saying(
        "the question on article 6",
        "en",
        "Are offences committed outside your jurisdiction predicate offences of money-laundering, and under which "
        "conditions? Please refer to section 6 of the Act.",
        "UNTOC 6(2)(c)",
        "Predicate offences committed abroad",
        INFORMATION,
    ),
    "officials": Saying(
        "the question on article 8",
        "en",
        "Does the offence of passive bribery extend to persons who work for enterprises owned by the State?",
        "UNTOC 8(1)(b)",
        "Staff of enterprises owned by the State",
    ),
    "officials-answer": Saying(
        "the answer on article 8",
        "ar",
        "يشمل تعريف الموظف العمومي العاملين في المؤسسات المملوكة للدولة كليا أو جزئيا.",
    ),
    "legal": Saying(
        "the question on article 10",
        "en",
        "Which sanctions can be imposed on a legal person under section 7: fines alone, or dissolution as well?",
        "UNTOC 10(4)",
        "Sanctions for legal persons",
    ),
    "legal-answer": Saying(
        "the draft answer on article 10",
        "ar",
        "الغرامة هي الجزاء الأصلي، ويجوز للمحكمة أن تأمر بالحل في حالة العود.",
    ),
    "extradition": Saying(
        "the question on article 16",
        "ru",
        "Просим указать, может ли Конвенция служить правовым основанием для выдачи и было ли об этом сделано "
        "заявление согласно пункту 5 статьи 16.",
        "UNTOC 16(5)",
        "Конвенция как основание для выдачи",
        INFORMATION,
    ),
    "prevention": Saying(
        "the draft question on article 9 of the Protocol",
        "en",
        "Which measures discourage the demand that fosters trafficking in persons, and has their effect been "
        "studied in the past five years?",
        "TIP 9(5)",
        "Discouraging demand",
        SUPPLEMENTARY,
    ),
    "songes": Saying(
        "the question in the other review",
        "fr",
        "La section 3 de la loi couvre-t-elle l’entente formée *à l’étranger* en vue d’une infraction grave commise "
        "sur votre territoire ?",
        "UNTOC 5(1)(a)(i)",
        "Ententes formées à l’étranger",
    ),
    "aside": Saying(
        "the reviewers’ side comment",
        "en",
        "We should not ask for case files yet; the table of cases may answer it. Shall we wait for it?",
    ),
    "aside-national": Saying(
        "the ministry’s side comment",
        "ar",
        "يرجى التنسيق مع النيابة العامة قبل الإرسال.",
    ),
    "call": Saying(
        "the logged call",
        "en",
        "Wang Yunchuan and Pyotr agreed by telephone that Lunoslavia drafts what concerns extradition.",
    ),
    "draw": Saying("the reason of the schedule", "en", "The lots were drawn at the second meeting of the group."),
    "response": Saying("the reason of a step", "en", "The response came in time, in Arabic and with four annexes."),
    "agreed": Saying("the reason of an agreed day", "en", "Yunhai asked for one week more; all parties agreed."),
}
