"""What a marked copy leaves of forms: fields without scripts, wherever they stand in the file."""

import pikepdf
from pikepdf import Array, Dictionary, Name

from portal.rendering.disarming import disarm


def scripted(name: str) -> Dictionary:
    action = Dictionary(S=Name.JavaScript, JS="app.alert(1)")
    return Dictionary(FT=Name.Tx, T=name, AA=Dictionary(K=action), A=action)


def test_fields_that_stand_in_the_form_itself_lose_their_scripts_each_of_them() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    inner = scripted("inner")
    fields = Array([scripted("first"), scripted("second"), pdf.make_indirect(scripted("third"))])
    fields.append(Dictionary(T="group", Kids=Array([inner, pdf.make_indirect(scripted("deep"))])))
    pdf.Root.AcroForm = Dictionary(Fields=fields)
    disarm(pdf)
    assert b"JavaScript" not in pdf.Root.AcroForm.unparse(resolved=True)
    kept = pdf.Root.AcroForm.Fields
    assert [str(field.T) for field in kept] == ["first", "second", "third", "group"]
    assert all("/AA" not in field and "/A" not in field for field in (*kept, *kept[3].Kids))


def test_an_array_of_fields_that_holds_itself_ends() -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    fields = pdf.make_indirect(Array([]))
    fields.append(fields)
    fields.append(scripted("last"))
    pdf.Root.AcroForm = Dictionary(Fields=fields)
    disarm(pdf)
    assert "/AA" not in pdf.Root.AcroForm.Fields[1]
