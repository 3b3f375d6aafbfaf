"""Builds the documents of samples/ from their sources with LibreOffice. `./dev sample` runs it; samples/README.md tells the
form of the sources. A document is built again only when its source or this program changed: LibreOffice writes other bytes
each time, and the repository shall not change for nothing."""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile
from xml.sax.saxutils import escape, quoteattr

TOP = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = TOP / "samples"
MANIFEST = SAMPLES / "manifest.json"

# The dossiers; one that has an archive ships its documents in it only.
DOSSIERS = {"guichet-numerique": "DCE 2027-NUM-017.zip", "telephonie-points": None, "maintenance-contradictoire": None}
# The day of the kept summary, which counts the days that are left.
NOW = "2027-02-15T09:00"

NAMESPACES = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"' for k, v in {
    "office": "office", "style": "style", "text": "text", "table": "table", "fo": "xsl-fo-compatible", "svg": "svg-compatible",
    "number": "datastyle", "meta": "meta"}.items()) + (
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2"'
        ' xmlns:loext="urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0"')


# --- sources

def french(text):
    """The spaces that French typography does not break."""
    text = re.sub(r" (?=[:;?!»%€])|(?<=«) |(?<=\b[nN]°) |(?<=\d) (?=\d{3}\b|h\b)|(?<=\d h) (?=\d)|(?<=\b[LRD]\.) (?=\d)", "\u00a0", text)
    return text.replace("'", "\u2019")


def source(path):
    """(settings, lines) of a source: lines "key: value" up to the first empty one, then the text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    end = lines.index("")
    return dict(line.split(": ", 1) for line in lines[:end]), lines[end + 1:]


def cells(line):
    return [c.strip() for c in line.strip().strip("|").split("|")]


def is_rule(line):
    return bool(re.fullmatch(r"\|[-:|]+\|", line.strip()))


# --- texts

PARAGRAPHS = {  # name: (paragraph properties, text properties)
    "Standard": ("", ""),
    "Texte": ('fo:margin-bottom="0.2cm" fo:text-align="justify" fo:line-height="115%" fo:orphans="2" fo:widows="2"', ""),
    "Puce": ('fo:margin-bottom="0.1cm" fo:text-align="justify" fo:line-height="112%"', ""),
    "Derniere": ('fo:margin-bottom="0.25cm" fo:text-align="justify" fo:line-height="112%"', ""),
    "Organisme": ('fo:margin-top="1cm" fo:text-align="center"', 'fo:font-size="16pt" fo:font-weight="bold"'),
    "Adresse": ('fo:margin-top="0.1cm" fo:text-align="center"', 'fo:font-size="10pt"'),
    "Titre": ('fo:margin-top="3cm" fo:text-align="center"', 'fo:font-size="22pt" fo:font-weight="bold" fo:color="#1f3d5c"'),
    "Soustitre": ('fo:margin-top="0.9cm" fo:margin-bottom="0.9cm" fo:text-align="center"', 'fo:font-size="15pt"'),
    "Centre": ('fo:margin-bottom="0.3cm" fo:text-align="center"', 'fo:font-size="12pt"'),
    "Encadre": ('fo:margin-top="1.2cm" fo:text-align="center" fo:padding="0.4cm" fo:border="0.05cm solid #1f3d5c"',
                'fo:font-size="13pt" fo:font-weight="bold"'),
    "Sommaire": ('fo:margin-bottom="0.6cm"', 'fo:font-size="16pt" fo:font-weight="bold"'),
    "Marge": ('fo:text-align="center"', 'fo:font-size="8.5pt" fo:color="#555555"'),
    "Case": ('fo:text-align="left"', 'fo:font-size="9.5pt"'),
    "Nombre": ('fo:text-align="center"', 'fo:font-size="9.5pt"'),
    "Entete": ('fo:text-align="center"', 'fo:font-size="9.5pt" fo:font-weight="bold"'),
}
HEADINGS = {1: ('fo:margin-top="0.55cm" fo:margin-bottom="0.25cm"', 'fo:font-size="14pt" fo:color="#1f3d5c"'),
            2: ('fo:margin-top="0.35cm" fo:margin-bottom="0.15cm"', 'fo:font-size="11.5pt"'),
            3: ('fo:margin-top="0.25cm" fo:margin-bottom="0.1cm"', 'fo:font-size="10.5pt" fo:font-style="italic"')}


def text_styles(font):
    out = [f'<style:default-style style:family="paragraph"><style:paragraph-properties style:writing-mode="lr-tb"/><style:text-properties '
           f'style:font-name="{font}" fo:font-size="10.5pt" fo:language="fr" fo:country="FR"/></style:default-style>']
    for name, (paragraph, text) in PARAGRAPHS.items():
        parent = "" if name == "Standard" else ' style:parent-style-name="Standard"'
        out.append(f'<style:style style:name="{name}" style:family="paragraph"{parent}><style:paragraph-properties {paragraph}/>'
                   f'<style:text-properties {text}/></style:style>')
    for level, (paragraph, text) in HEADINGS.items():
        out.append(f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" style:family="paragraph" '
                   f'style:parent-style-name="Standard" style:default-outline-level="{level}"><style:paragraph-properties {paragraph} '
                   f'fo:keep-with-next="always"/><style:text-properties {text} fo:font-weight="bold"/></style:style>')
    for level in (1, 2):
        out.append(f'<style:style style:name="Contents_20_{level}" style:display-name="Contents {level}" style:family="paragraph" '
                   f'style:parent-style-name="Standard"><style:paragraph-properties fo:margin-left="{0.5 * (level - 1)}cm" '
                   'fo:margin-bottom="0.12cm"><style:tab-stops><style:tab-stop style:position="16cm" style:type="right" '
                   'style:leader-style="dotted" style:leader-text="."/></style:tab-stops></style:paragraph-properties></style:style>')
    out.append('<style:style style:name="Gras" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
               '<text:list-style style:name="Puces">' + "".join(
                   f'<text:list-level-style-bullet text:level="{level}" text:bullet-char="{mark}"><style:list-level-properties '
                   'text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="listtab" '
                   f'text:list-tab-stop-position="{level}cm" fo:text-indent="-0.5cm" fo:margin-left="{level}cm"/></style:list-level-properties>'
                   "</text:list-level-style-bullet>" for level, mark in ((1, "•"), (2, "–"))) + "</text:list-style>")
    return "".join(out)


AUTOMATIC = (
    '<style:style style:name="Saut" style:family="paragraph" style:parent-style-name="Standard"><style:paragraph-properties '
    'fo:break-after="page"/><style:text-properties fo:font-size="4pt"/></style:style>'
    '<style:style style:name="Tableau" style:family="table"><style:table-properties style:width="16cm" table:align="center" '
    'fo:margin-top="0.2cm" fo:margin-bottom="0.3cm"/></style:style>'
    '<style:style style:name="Ligne" style:family="table-row"><style:table-row-properties fo:keep-together="always"/></style:style>'
    '<style:style style:name="Cellule" style:family="table-cell"><style:table-cell-properties fo:border="0.02cm solid #444444" '
    'fo:padding="0.12cm" style:vertical-align="middle"/></style:style>'
    '<style:page-layout style:name="Page"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin-top="1.6cm" '
    'fo:margin-bottom="1.6cm" fo:margin-left="2.5cm" fo:margin-right="2.5cm"/><style:header-style><style:header-footer-properties '
    'fo:min-height="0.9cm" fo:margin-bottom="0.4cm"/></style:header-style><style:footer-style><style:header-footer-properties '
    'fo:min-height="0.9cm" fo:margin-top="0.4cm"/></style:footer-style></style:page-layout>')


def inline(text, controls):
    """Bold words and boxes to tick; in a form that people fill in, a box is a control."""
    out = escape(french(text))
    out = re.sub(r"\*\*(.+?)\*\*", r'<text:span text:style-name="Gras">\1</text:span>', out)

    def box(found):
        mark = "☒" if found[1] == "x" else "☐"
        if not controls:
            return mark
        return (f'<loext:content-control loext:checkbox="true" loext:checked="{"true" if found[1] == "x" else "false"}" '
                f'loext:checked-state="☒" loext:unchecked-state="☐">{mark}</loext:content-control>')
    return re.sub(r"\[([ x])\]", box, out).replace("\\", "<text:line-break/>")


class Text:
    """One text document: its body from the lines of its source."""

    def __init__(self, settings, lines):
        self.settings = settings
        self.controls = settings["output"].endswith(".docx")
        self.columns, self.body, self.headings, self.tables = [], [], [], 0
        while lines:
            lines = self.block(lines)

    def put(self, style, text):
        self.body.append(f'<text:p text:style-name="{style}">{inline(text, self.controls)}</text:p>')

    def block(self, lines):
        line, rest = lines[0], lines[1:]
        if not line.strip():
            return rest
        if line == "---":
            self.body.append('<text:p text:style-name="Saut"/>')
            return rest
        if line.startswith("[sommaire"):
            self.body.append(line)
            return rest
        if found := re.match(r"@(\w+) (.+)", line):
            self.put(found[1], found[2])
            return rest
        if found := re.match(r"(#+) (.+)", line):
            level = len(found[1])
            self.headings.append((level, found[2]))
            name = f"t{len(self.headings)}"
            self.body.append(f'<text:h text:style-name="Heading_20_{level}" text:outline-level="{level}"><text:bookmark text:name="{name}"/>'
                             f"{inline(found[2], self.controls)}</text:h>")
            return rest
        if line.startswith("|"):
            end = next((i for i, x in enumerate(lines) if not x.startswith("|")), len(lines))
            self.table(lines[:end])
            return lines[end:]
        if line.startswith("- "):
            end = next((i for i, x in enumerate(lines) if not re.match("--? ", x)), len(lines))
            self.items(lines[:end])
            return lines[end:]
        self.put("Texte", line)
        return rest

    def items(self, lines):
        """A list; items that begin with two dashes are a list within."""
        out = []
        for i, line in enumerate(lines):
            inner = line.startswith("-- ")
            style = "Derniere" if i == len(lines) - 1 else "Puce"
            item = f'<text:p text:style-name="{style}">{inline(line.lstrip("- "), self.controls)}</text:p>'
            out.append(f"<text:list-item>{f'<text:list><text:list-item>{item}</text:list-item></text:list>' if inner else item}</text:list-item>")
        self.body.append('<text:list text:style-name="Puces">' + "".join(out) + "</text:list>")

    def table(self, lines):
        self.tables += 1
        rule = next(i for i, x in enumerate(lines) if is_rule(x))
        marks = cells(lines[rule])
        total = sum(len(m) for m in marks)
        rows = [cells(x) for i, x in enumerate(lines) if i != rule]
        out = [f'<table:table table:name="T{self.tables}" table:style-name="Tableau">']
        for i, m in enumerate(marks):
            self.columns.append(f'<style:style style:name="T{self.tables}.{i}" style:family="table-column"><style:table-column-properties '
                                f'style:column-width="{16 * len(m) / total:.2f}cm"/></style:style>')
            out.append(f'<table:table-column table:style-name="T{self.tables}.{i}"/>')
        for r, row in enumerate(rows):
            head = r < rule and any(row)
            out.append("<table:table-header-rows>" if head else "")
            out.append('<table:table-row table:style-name="Ligne">')
            for c, text in enumerate(row):
                if text in ("<", "^"):
                    out.append("<table:covered-table-cell/>")
                    continue
                wide = next((i for i, x in enumerate(row[c + 1:], 1) if x != "<"), len(row) - c)
                tall = next((i for i, x in enumerate(rows[r + 1:], 1) if x[c] != "^"), len(rows) - r)
                span = (f' table:number-columns-spanned="{wide}"' if wide > 1 else "") + (f' table:number-rows-spanned="{tall}"' if tall > 1 else "")
                style = "Entete" if head else "Nombre" if marks[c].endswith(":") else "Case"
                out.append(f'<table:table-cell table:style-name="Cellule"{span} office:value-type="string">'
                           f'<text:p text:style-name="{style}">{inline(text, self.controls)}</text:p></table:table-cell>')
            out.append("</table:table-row>")
            out.append("</table:table-header-rows>" if head else "")
        out.append("</table:table>")
        self.body.append("".join(out))

    def contents(self, depth):
        """The page numbers are references: LibreOffice counts them when it lays the text out."""
        return "".join(
            f'<text:p text:style-name="Contents_20_{level}">{inline(title, False)}<text:tab/><text:bookmark-ref text:reference-format="page" '
            f'text:ref-name="t{n}">0</text:bookmark-ref></text:p>' for n, (level, title) in enumerate(self.headings, 1) if level <= depth)

    def flat(self):
        font = self.settings.get("font", "Liberation Sans")
        body = "".join(self.contents(int(x[-2])) if x.startswith("[sommaire") else x for x in self.body)
        margin = inline(self.settings["header"], False)
        return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.3" '
                'office:mimetype="application/vnd.oasis.opendocument.text">'
                f'<office:meta><dc:title>{escape(self.settings["title"])}</dc:title><dc:language>fr-FR</dc:language></office:meta>'
                f'<office:font-face-decls><style:font-face style:name="{font}" svg:font-family="\'{font}\'"/></office:font-face-decls>'
                f'<office:styles>{text_styles(font)}</office:styles><office:automatic-styles>{"".join(self.columns)}{AUTOMATIC}'
                '</office:automatic-styles><office:master-styles><style:master-page style:name="Standard" style:page-layout-name="Page">'
                f'<style:header><text:p text:style-name="Marge">{margin}</text:p></style:header><style:footer><text:p text:style-name="Marge">'
                'Page <text:page-number text:select-page="current"/> sur <text:page-count/></text:p></style:footer></style:master-page>'
                f'</office:master-styles><office:body><office:text>{body}</office:text></office:body></office:document>')


# --- spreadsheets

SHEET_STYLES = (
    '<number:currency-style style:name="Euros"><number:number number:decimal-places="2" number:min-integer-digits="1" number:grouping="true"/>'
    '<number:text> </number:text><number:currency-symbol number:language="fr" number:country="FR">€</number:currency-symbol></number:currency-style>'
    '<number:percentage-style style:name="Pourcent"><number:number number:decimal-places="0" number:min-integer-digits="1"/>'
    '<number:text> %</number:text></number:percentage-style>'
    '<style:style style:name="c" style:family="table-cell"><style:table-cell-properties fo:wrap-option="wrap" fo:border="0.02cm solid #777777" '
    'style:vertical-align="middle"/><style:text-properties fo:font-size="10pt"/></style:style>'
    '<style:style style:name="b" style:family="table-cell" style:parent-style-name="c"><style:table-cell-properties '
    'fo:background-color="#dde6ee" fo:wrap-option="wrap" fo:border="0.02cm solid #777777" style:vertical-align="middle"/>'
    '<style:text-properties fo:font-size="10pt" fo:font-weight="bold"/></style:style>'
    '<style:style style:name="e" style:family="table-cell" style:parent-style-name="c" style:data-style-name="Euros">'
    '<style:table-cell-properties fo:border="0.02cm solid #777777" style:vertical-align="middle"/></style:style>'
    '<style:style style:name="p" style:family="table-cell" style:parent-style-name="c" style:data-style-name="Pourcent">'
    '<style:table-cell-properties fo:border="0.02cm solid #777777" style:vertical-align="middle"/></style:style>')


def formula(text):
    """=D4*Prix.E4 as OpenFormula writes it."""
    return "of:" + re.sub(r"\b(?:([A-Z]\w+)\.)?([A-Z]\d+)(:([A-Z]\d+))?\b",
                          lambda m: f"[{m[1] or ''}.{m[2]}" + (f":.{m[4]}]" if m[3] else "]"), text)


def cell(text, span):
    bold = text.startswith("**")
    if bold:
        text = text[2:-2]
    style, attributes, shown = "b" if bold else "c", "", ""
    if text.startswith(("=", "%=")):
        style, attributes = "p" if text[0] == "%" else "e", f" table:formula={quoteattr(formula(text.lstrip('%')))}"
    elif found := re.fullmatch(r"(\d+) %", text):
        style, attributes = "p", f' office:value-type="percentage" office:value="{int(found[1]) / 100}"'
    elif re.fullmatch(r"-?\d+(\.\d+)?", text):
        attributes = f' office:value-type="float" office:value="{text}"'
    elif text == "€":
        style = "e"  # a price that the bidder fills in
    elif text:
        attributes, shown = ' office:value-type="string"', f"<text:p>{escape(french(text.removeprefix(chr(39))))}</text:p>"
    return f'<table:table-cell table:style-name="{style}"{attributes}{span}>{shown}</table:table-cell>'


def sheets(settings, lines):
    """A heading is a sheet, the rule of its table the widths of its columns in characters."""
    out, columns, number = [], [], 0
    for line in lines:
        if line.startswith("# "):
            number += 1
            out.append(("</table:table>" if number > 1 else "") + f"<table:table table:name={quoteattr(line[2:])}>")
            rows, pending = None, []
        elif line.startswith("|") and is_rule(line):
            for i, m in enumerate(cells(line)):
                columns.append(f'<style:style style:name="k{number}.{i}" style:family="table-column"><style:table-column-properties '
                               f'style:column-width="{0.21 * len(m):.2f}cm"/></style:style>')
                out.append(f'<table:table-column table:style-name="k{number}.{i}"/>')
            rows = True
            out += pending
        elif line.startswith("|"):
            row, made = cells(line), []
            for c, text in enumerate(row):
                wide = next((i for i, x in enumerate(row[c + 1:], 1) if x != "<"), len(row) - c)
                made.append("<table:covered-table-cell/>" if text == "<" else
                            cell(text, f' table:number-columns-spanned="{wide}" table:number-rows-spanned="1"' if wide > 1 else ""))
            (out if rows else pending).append("<table:table-row>" + "".join(made) + "</table:table-row>")
        elif line.strip():
            raise SystemExit(f"{settings['output']}: neither a sheet nor a row: {line}")
    return (f'<?xml version="1.0" encoding="UTF-8"?><office:document {NAMESPACES} office:version="1.3" '
            'office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
            f'<office:meta><dc:title>{escape(settings["title"])}</dc:title></office:meta>'
            f'<office:automatic-styles>{"".join(columns)}{SHEET_STYLES}</office:automatic-styles>'
            f'<office:body><office:spreadsheet>{"".join(out)}</table:table></office:spreadsheet></office:body></office:document>')


# --- building

FILTERS = {".xlsx": ("fods", "Calc MS Excel 2007 XML"), ".docx": ("fodt", "MS Word 2007 XML"), ".pdf": ("fodt", "writer_pdf_Export")}


def flat(path):
    """(settings, what LibreOffice is given, its filter) of a source."""
    settings, lines = source(path)
    kind, name = FILTERS[pathlib.PurePath(settings["output"]).suffix]
    if kind == "fods":
        return settings, sheets(settings, lines), name
    if settings.get("tagged") != "no" and name == "writer_pdf_Export":
        name += ':{"UseTaggedPDF":{"type":"boolean","value":"true"}}'
    return settings, Text(settings, lines).flat(), name


def convert(text, name, target):
    with tempfile.TemporaryDirectory() as work:
        made = pathlib.Path(work) / f"piece.{FILTERS[target.suffix][0]}"
        made.write_text(text, encoding="utf-8")
        p = subprocess.run(["soffice", f"-env:UserInstallation=file://{work}/profile", "--headless", "--convert-to",
                            f"{target.suffix[1:]}:{name}", "--outdir", work, str(made)],
                           capture_output=True, text=True, timeout=300, env={**os.environ, "HOME": work})
        built = made.with_suffix(target.suffix)
        if not built.exists():
            raise SystemExit(f"LibreOffice made no {target.name}: {p.stdout}{p.stderr}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(built.read_bytes())


def pack(archive, files):
    """The same bytes for the same files: no time of today, the order of the names."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
        for name in sorted(files):
            z.writestr(zipfile.ZipInfo(name, (2027, 1, 18, 9, 0, 0)), files[name], zipfile.ZIP_DEFLATED, 9)


def digest(*pieces):
    return hashlib.sha256(b"\0".join(pieces)).hexdigest()


def stamp(text, name):
    """What a document was built from: when it changes, so must the document."""
    return digest(text.encode(), name.encode())


def folder(dossier):
    """Where the documents of a dossier lie, and nothing else."""
    return SAMPLES / dossier / "dossier"


def sources(dossier):
    return sorted((SAMPLES / dossier / "sources").glob("*.md"))


def built(dossier):
    """{name in the dossier: bytes} of what the repository ships."""
    archive = DOSSIERS[dossier]
    if archive:
        with zipfile.ZipFile(folder(dossier) / archive) as z:
            return {n: z.read(n) for n in z.namelist()}
    return {p.name: p.read_bytes() for p in folder(dossier).iterdir()}


def paths(dossier):
    """What a user would give to Scorpius."""
    return sorted(folder(dossier).iterdir())


def read(reader, path):
    """The text of a document line by line, as scorpius-reader gives it, without places and looks."""
    dump = subprocess.run([reader, "--dump", path], capture_output=True, text=True, check=True, timeout=120).stdout
    out = []
    for line in dump.splitlines():
        if found := re.match(r"page (\d+),", line):
            out.append(f"-- {found[1]}")
        elif found := re.match(r"(?:  \w.*?\)[^|]*|        )\| (.*)|      \[\d+,\d+[^\]]*\] (.*)", line):
            text = found[1] if found[1] is not None else found[2]
            if text.strip(" ."):
                out.append(text.rstrip())
    return "\n".join(out) + "\n"


def text_path(dossier, name):
    return SAMPLES / dossier / "texts" / (pathlib.PurePath(name).stem + ".txt")


def build(everything):
    old = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else {}
    new = {}
    for dossier, archive in DOSSIERS.items():
        with tempfile.TemporaryDirectory() as work:
            place = pathlib.Path(work) if archive else folder(dossier)
            folder(dossier).mkdir(exist_ok=True)
            if archive and (folder(dossier) / archive).exists():
                with zipfile.ZipFile(folder(dossier) / archive) as z:
                    z.extractall(work)
            files = {}
            for path in sources(dossier):
                settings, text, name = flat(path)
                output = settings["output"]
                known = old.get(f"{dossier}/{output}", {})
                if everything or known.get("source") != stamp(text, name) or not (place / output).exists():
                    print(f"building {dossier}/{output}", file=sys.stderr)
                    convert(text, name, place / output)
                files[output] = (place / output).read_bytes()
                new[f"{dossier}/{output}"] = {"source": stamp(text, name), "built": digest(files[output])}
            if archive:
                pack(folder(dossier) / archive, files)
    MANIFEST.write_text(json.dumps(new, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def keep_texts(reader):
    for dossier in DOSSIERS:
        for name, data in built(dossier).items():
            with tempfile.NamedTemporaryFile(suffix=pathlib.PurePath(name).suffix) as f:
                f.write(data)
                f.flush()
                kept = text_path(dossier, name)
                kept.parent.mkdir(exist_ok=True)
                kept.write_text(read(reader, f.name), encoding="utf-8")


def keep_summary(program):
    """What `scorpius analyze` says of the first dossier; the demo prints the same."""
    first = next(iter(DOSSIERS))
    said = subprocess.run([program, "analyze", "--now", NOW, *paths(first)], capture_output=True, text=True, check=True, timeout=120)
    (SAMPLES / first / "summary.txt").write_text(said.stdout, encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--all"]):
        raise SystemExit("usage: sample.py SCORPIUS SCORPIUS-READER [--all]")
    build(sys.argv[3:] == ["--all"])
    keep_texts(sys.argv[2])
    keep_summary(sys.argv[1])
