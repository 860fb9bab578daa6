"""Labels and invoices of simulated systems: small true PDFs and ZPL, by hand, so that they need nothing."""


def pdf(*lines: str) -> bytes:
    """One A6 page with these lines; the same lines, the same bytes."""
    shown = "".join(f"({_escaped(line)}) Tj 0 -14 Td " for line in lines)
    text = f"BT /F1 10 Tf 20 390 Td {shown}ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 298 420] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    made, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return made + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def zpl(number: str, *lines: str) -> bytes:
    """A label for a thermal printer: the number as Code 128, lines below it."""
    texts = "".join(f"^FO40,{260 + 40 * n}^A0N,30^FD{_plain(line)}^FS" for n, line in enumerate(lines))
    return f"^XA^FO40,40^BCN,160,Y^FD{_plain(number)}^FS{texts}^XZ".encode()


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _plain(line: str) -> str:
    return line.replace("^", " ").replace("~", " ")
