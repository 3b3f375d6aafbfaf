"""Small office files, made as a word processor and a spreadsheet make them."""

import io
import zipfile
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = TYPE + "wordprocessingml.document", TYPE + "spreadsheetml.sheet"
PPTX = TYPE + "presentationml.presentation"


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in files.items():
            z.writestr(name, data)
    return out.getvalue()


def relations(*targets):
    rows = "".join(f'<Relationship Id="rId{i}" Type="{R}/{kind}" Target="{target}"/>' for i, (kind, target) in enumerate(targets, 1))
    return f'<?xml version="1.0"?><Relationships xmlns="{PACKAGE}/relationships">{rows}</Relationships>'


def package(main, main_type, parts, related):
    folder, name = main.rsplit("/", 1)
    return archive({
        "[Content_Types].xml": f'<?xml version="1.0"?><Types xmlns="{PACKAGE}/content-types"><Override PartName="/{main}" '
                               f'ContentType="{main_type}"/></Types>',
        "_rels/.rels": relations(("officeDocument", main)),
        f"{folder}/_rels/{name}.rels": relations(*related),
        **parts})


def docx(*paragraphs):
    """A paragraph is its text, or (level, text) for a numbered heading."""
    rows = []
    for p in paragraphs:
        level, text = p if isinstance(p, tuple) else (None, p)
        style = f'<w:pPr><w:pStyle w:val="T{level}"/></w:pPr>' if level else ""
        rows.append(f"<w:p>{style}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>")
    styles = "".join(f'<w:style w:type="paragraph" w:styleId="T{n}"><w:name w:val="heading {n}"/><w:pPr><w:numPr><w:ilvl w:val="{n - 1}"/>'
                     f'<w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="{n - 1}"/></w:pPr></w:style>' for n in (1, 2))
    levels = "".join(f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="{t}"/></w:lvl>'
                     for i, t in enumerate(("%1.", "%1.%2")))
    return package("word/document.xml", DOCX + ".main+xml", {
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{"".join(rows)}</w:body></w:document>',
        "word/styles.xml": f'<w:styles xmlns:w="{W}">{styles}</w:styles>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
                              '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
    }, [("styles", "styles.xml"), ("numbering", "numbering.xml")])


def xlsx(sheet, cells, columns=""):
    """Cells by their names; a number is one, any other value a text. `columns`: what the sheet says of its columns."""
    rows = {}
    for name, value in cells.items():
        rows.setdefault(int(name.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")), []).append((name, value))
    data = "".join(
        f'<row r="{n}">' + "".join(
            f'<c r="{name}"><v>{v}</v></c>' if isinstance(v, (int, float)) else
            f'<c r="{name}" t="inlineStr"><is><t>{escape(v)}</t></is></c>' for name, v in row) + "</row>" for n, row in sorted(rows.items()))
    return package("xl/workbook.xml", XLSX + ".main+xml", {
        "xl/workbook.xml": f'<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="{escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{S}">{columns}<sheetData>{data}</sheetData></worksheet>',
    }, [("worksheet", "worksheets/sheet1.xml")])


def pptx():
    return package("ppt/presentation.xml", PPTX + ".main+xml", {"ppt/presentation.xml": "<p/>"}, [])
