"""Small PDF files, written by hand: good ones from lines of text, and the bad ones that a reader must survive."""

import hashlib
import zlib

PASSWORD_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def assemble(objects, trailer="", version="1.4"):
    """objects: bodies of 1 0 obj, 2 0 obj...; object 1 is the catalog."""
    out = bytearray(f"%PDF-{version}\n%\xe2\xe3\xcf\xd3\n".encode("latin-1"))
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for offset in offsets:
        out += b"%010d 00000 n \n" % offset
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1, trailer.encode("latin-1"), start)
    return bytes(out)


def stream(data, extra=b""):
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def escaped(text):
    raw = text.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def page_content(lines, size=11, leading=16):
    """Lines from the top of an A4 page; a line may be (size, text)."""
    out = [b"BT /F1 %d Tf %d TL 56 790 Td" % (size, leading)]
    for line in lines:
        own, text = line if isinstance(line, tuple) else (size, line)
        out.append(b"/F1 %d Tf (%s) Tj T*" % (own, escaped(text)))
    return b"\n".join(out + [b"ET"])


def pdf(*pages, transform=None, trailer=""):
    """pages: lists of lines. `transform(object number, data)` may change each content stream (encryption)."""
    n = len(pages)
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(n))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>",
               b"<< /Type /Pages /Count %d /Kids [%s] >>" % (n, kids.encode()),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"]
    for i, lines in enumerate(pages):
        data = page_content(lines)
        if transform:
            data = transform(5 + 2 * i, data)
        objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
                       b"/Contents %d 0 R >>" % (5 + 2 * i))
        objects.append(stream(data))
    return assemble(objects, trailer) if not transform else (objects, trailer)


def rules(reference="2031-TX-07", object_="Entretien des haies du domaine de Bellerive", deadline="12 mars 2031 à 16h30",
          buyer="Commune de Bellerive-sur-Orme"):
    """A règlement de la consultation of two pages, of a town that does not exist."""
    return pdf(
        [(16, "RÈGLEMENT DE LA CONSULTATION"), "", f"Pouvoir adjudicateur : {buyer}", "",
         "Objet de la consultation :", object_, "", f"Consultation n° : {reference}", "",
         "Procédure adaptée ouverte, articles L. 2123-1 et R. 2123-1 1° du code de la commande publique.", "",
         f"Date et heure limites de réception des offres : {deadline}"],
        [(13, "Article 2 - Conditions"), "", "La consultation n'est pas allotie.",
         "Aucune variante n'est autorisée.",
         "Le délai de validité des offres est de 120 jours à compter de la date limite de réception des offres.", "",
         (13, "Article 5 - Jugement des offres"), "", "1. Prix des prestations : 60 %", "2. Valeur technique : 40 %"])


def clauses(*sentences, section="3.1 Exploitation"):
    """Technical clauses of the same town: each sentence stands in the section."""
    return pdf([(16, "CAHIER DES CLAUSES TECHNIQUES PARTICULIÈRES"), "", "CCTP", "", "Commune de Bellerive-sur-Orme", ""],
               [(14, section), "", *[line for s in sentences for line in (s, "")]])


# --- bad ones

def rc4(key, data):
    s = list(range(256))
    j = 0
    for i in range(256):
        j = (j + s[i] + key[i % len(key)]) & 255
        s[i], s[j] = s[j], s[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) & 255
        j = (j + s[i]) & 255
        s[i], s[j] = s[j], s[i]
        out.append(byte ^ s[(s[i] + s[j]) & 255])
    return bytes(out)


def encrypted(lines=("secret",), password=b"ouvre-toi"):
    """Standard security handler, revision 2: nothing can be read without the user's password."""
    pad = (password + PASSWORD_PAD)[:32]
    identity = hashlib.md5(b"scorpius tests").digest()
    permissions = -4
    owner = rc4(hashlib.md5(pad).digest()[:5], pad)
    key = hashlib.md5(pad + owner + permissions.to_bytes(4, "little", signed=True) + identity).digest()[:5]
    user = rc4(key, PASSWORD_PAD)

    def crypt(number, data):
        return rc4(hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data)

    trailer = f"/ID [<{identity.hex()}> <{identity.hex()}>] /Encrypt << /Filter /Standard /V 1 /R 2 /O <{owner.hex()}> " \
              f"/U <{user.hex()}> /P {permissions} >>"
    objects, trailer = pdf(list(lines), transform=crypt, trailer=trailer)
    return assemble(objects, trailer)


def truncated():
    """Cut in the middle of its first page's text: no cross-reference table, no trailer."""
    whole = rules()
    return whole[:whole.index(b"Tj T*") + 40]


def scan(*pages):
    """Pages of text, then one that is nothing but an image."""
    last = 5 + 2 * len(pages)
    image = b"q 595 0 0 842 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"
    return assemble(*pdf(*pages, [], transform=lambda number, data: image if number == last else data))


def page_tree_cycle():
    return assemble([b"<< /Type /Catalog /Pages 2 0 R >>",
                     b"<< /Type /Pages /Count 1000000 /Kids [2 0 R 3 0 R] /Parent 3 0 R >>",
                     b"<< /Type /Pages /Count 1000000 /Kids [2 0 R] /Parent 2 0 R >>"])


def text_bomb(levels=9, width=10):
    """Forms that draw forms: a few kB of file, `width ** levels` words."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
               b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 6 0 R >> >> /Contents 4 0 R >>",
               stream(b"/X Do"),
               b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    for level in range(levels):
        number = len(objects) + 1
        last = level == levels - 1
        resources = b"/Font << /F1 5 0 R >>" if last else b"/XObject << /X %d 0 R >>" % (number + 1)
        data = b"BT /F1 9 Tf 1 0 0 1 50 400 Tm (bombe) Tj ET " * width if last else b"/X Do " * width
        objects.append(stream(data, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << %s >>" % resources))
    return assemble(objects)


def inflating(megabytes=600):
    """A page whose content is a few hundred kB of deflate and hundreds of MB of blanks."""
    pack = zlib.compressobj(9)
    data = b"".join(pack.compress(b" " * (1 << 20)) for _ in range(megabytes)) + pack.flush()
    return assemble([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
                     b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
                     stream(data, b"/Filter /FlateDecode")])
