"""Writes FOLDER, and identifiers.txt beside it with a line for each identifier in it.

usage: packings.py FOLDER             28 kinds of packing, ten identifiers in each
       packings.py --matrix FOLDER    six forms in nine containers in nine containers, one identifier in each

Real packers make what is packed: Python's own libraries, and the programs zip, 7z, zstd. The text around the identifiers
is made of words, so that no packer leaves it as it is.
"""
import base64, bz2, gzip, io, json, lzma, os, random, subprocess, sys, tarfile, urllib.parse, zipfile, zlib

random.seed(280)
letters = 'abcdefghijklmnopqrstuvwxyz'


def word(least, most):
    return ''.join(random.choice(letters) for _ in range(random.randint(least, most)))


def filler():
    return ' '.join(word(2, 9) for _ in range(300))


def identifier(i):
    kind = i % 5
    if kind == 0:
        return f'{word(4, 8)}.{word(4, 9)}@{word(5, 9)}.example'
    if kind == 1:
        return f'{word(5, 9)} {word(6, 10)}'
    if kind == 2:
        return f'{word(3, 5)}-{random.randrange(10**7, 10**8)}'
    if kind == 3:
        return f'https://{word(6, 9)}.example/{word(5, 9)}?id={random.randrange(10**4, 10**5)}'
    return f'{word(4, 7)}_{word(4, 7)}{random.randrange(100, 1000)}'


def text(identifiers):
    return ''.join(filler() + '\n' + one + '\n' for one in identifiers) + filler() + '\n'


def zipped(name, data, method=zipfile.ZIP_DEFLATED, zip64=False):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', method) as archive:
        with archive.open(name, 'w', force_zip64=zip64) as member:
            member.write(data)
    return out.getvalue()


def streamed_zip(data):
    class Pipe(io.RawIOBase):  # cannot seek: sizes come behind the bytes
        def __init__(self):
            self.bytes = b''
        def writable(self):
            return True
        def write(self, piece):
            self.bytes += bytes(piece)
            return len(piece)
    out = Pipe()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('a.txt', data)
    return out.bytes


def tar(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as archive:
        info = tarfile.TarInfo('a.txt')
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def program(arguments, data):
    return subprocess.run(arguments, input=data, stdout=subprocess.PIPE, check=True).stdout


def mail(data):
    body = base64.encodebytes(data).decode()
    return ('From: a@post.example\nTo: b@post.example\nSubject: papers\nDate: Mon, 02 Mar 2020 10:00:00 +0000\n'
            'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/plain\n\nsee it\n'
            '--x\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n'
            'Content-Disposition: attachment; filename=a.txt\n\n' + body + '--x--\n').encode()


def quoted_mail(identifiers):
    lines = []
    for one in identifiers:  # a soft break in the middle of each
        middle = len(one) // 2
        lines.append(filler()[:40] + '\n' + one[:middle].replace('=', '=3D') + '=\n' + one[middle:].replace('=', '=3D'))
    return ('From: a@post.example\nTo: b@post.example\nSubject: words\nDate: Mon, 02 Mar 2020 10:00:00 +0000\n'
            'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n'
            + '\n'.join(lines) + '\n').encode()


def pdf(identifiers):
    shown = 'BT /F1 9 Tf 14 TL 40 760 Td\n' + ''.join(
        '(' + part.replace('\\', '\\\\').replace('(', '\\(').replace(')', '\\)') + ') Tj T*\n'
        for one in identifiers for part in (filler()[:80], one, '')) + 'ET'
    packed = zlib.compress(shown.encode())
    objects = [b'<< /Type /Catalog /Pages 2 0 R >>', b'<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
               b'<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R '
               b'/Resources << /Font << /F1 5 0 R >> >> >>',
               b'<< /Filter /FlateDecode /Length %d >>\nstream\n' % len(packed) + packed + b'\nendstream',
               b'<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>']
    out, places = b'%PDF-1.4\n', []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b'%d 0 obj\n' % number + one + b'\nendobj\n'
    table = len(out)
    out += b'xref\n0 6\n0000000000 65535 f \n' + b''.join(b'%010d 00000 n \n' % place for place in places)
    return out + b'trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' % table


def docx(identifiers):
    runs = ''
    for one in identifiers:
        cut = len(one) // 3
        parts = [one[:cut], one[cut:2 * cut], one[2 * cut:]]
        runs += '<w:p>' + ''.join(f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{p.replace("&", "&amp;")}</w:t></w:r>'
                                  for p in parts) + '</w:p>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('[Content_Types].xml', '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>')
        archive.writestr('word/document.xml', '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/'
                         'main"><w:body>' + runs + '</w:body></w:document>')
    return out.getvalue()


def seven_zip(data):
    with open('a.txt', 'wb') as out:
        out.write(data)
    subprocess.run(['7z', 'a', '-bd', '-y', 'a.7z', 'a.txt'], stdout=subprocess.DEVNULL, check=True)
    with open('a.7z', 'rb') as made:
        data = made.read()
    os.remove('a.txt')
    os.remove('a.7z')
    return data


plain = lambda ids: text(ids).encode()
PACKINGS = [
    ('utf-8.txt', plain),
    ('utf-16le.txt', lambda ids: text(ids).encode('utf-16-le')),
    ('utf-16be.txt', lambda ids: text(ids).encode('utf-16-be')),
    ('upper.txt', lambda ids: text(ids).upper().encode()),
    ('once.gz', lambda ids: gzip.compress(plain(ids))),
    ('twice.gz', lambda ids: gzip.compress(gzip.compress(plain(ids)))),
    ('a.xz', lambda ids: lzma.compress(plain(ids))),
    ('a.bz2', lambda ids: bz2.compress(plain(ids))),
    ('a.zst', lambda ids: program(['zstd', '-q', '-c'], plain(ids))),
    ('a.tar.gz', lambda ids: gzip.compress(tar(plain(ids)))),
    ('deflated.zip', lambda ids: zipped('a.txt', plain(ids))),
    ('stored.zip', lambda ids: zipped('a.txt', plain(ids), zipfile.ZIP_STORED)),
    ('bzip2.zip', lambda ids: zipped('a.txt', plain(ids), zipfile.ZIP_BZIP2)),
    ('lzma.zip', lambda ids: zipped('a.txt', plain(ids), zipfile.ZIP_LZMA)),
    ('streamed.zip', lambda ids: streamed_zip(plain(ids))),
    ('zip64.zip', lambda ids: zipped('a.txt', plain(ids), zip64=True)),
    ('zip-in.zip', lambda ids: zipped('in.zip', zipped('a.txt', plain(ids)))),
    ('attachment.eml', lambda ids: mail(plain(ids))),
    ('base64.json', lambda ids: json.dumps({'data': base64.b64encode(plain(ids)).decode()}).encode()),
    ('a.pdf', pdf),
    ('entities.html', lambda ids: ('<html><body>' + ''.join(
        '<p>' + filler() + '</p><p>' + ''.join(f'&#{ord(c)};' for c in one) + '</p>' for one in ids) + '</body></html>').encode()),
    ('percent.log', lambda ids: ''.join(
        f'GET /?q={quote(one, safe="")}&n={i} HTTP/1.1\n' for i, (one, quote) in enumerate(
            zip(ids, 5 * [urllib.parse.quote] + 5 * [urllib.parse.quote_plus]))).encode()),
    ('soft-breaks.eml', quoted_mail),
    ('deleted.txt', plain),
    ('runs.docx', docx),
    ('a.7z', lambda ids: seven_zip(plain(ids))),
    ('utf-16.gz', lambda ids: gzip.compress(text(ids).encode('utf-16'))),
    ('escapes.json', lambda ids: json.dumps({'rows': [
        {'n': filler(), 'v': '@@' + one} for one in ids]}).replace('/', '\\/').encode()),
]

CONTAINERS = {
    'gz': gzip.compress,
    'bz2': bz2.compress,
    'xz': lzma.compress,
    'zst': lambda data: program(['zstd', '-q', '-c'], data),
    'tar': tar,
    'zip': lambda data: zipped('a.txt', data),
    'stored.zip': lambda data: zipped('a.txt', data, zipfile.ZIP_STORED),
    '7z': seven_zip,
    'eml': mail,
}
FORMS = {
    'utf-8': str.encode,
    'utf-16le': lambda one: one.encode('utf-16-le'),
    'utf-16be': lambda one: one.encode('utf-16-be'),
    'upper': lambda one: one.upper().encode(),
    'percent': lambda one: urllib.parse.quote(one, safe='').encode(),
    'base64': lambda one: base64.b64encode(one.encode()),
}


def matrix(folder):
    for outer, around in CONTAINERS.items():
        for inner, pack in CONTAINERS.items():
            for form, write in FORMS.items():
                one = identifier(random.randrange(5))
                # Words in the same character set around it; a container tells by its own name what it is.
                wide = form if form.startswith('utf-16') else 'utf-8'
                data = (filler() + '\n').encode(wide) + write(one) + ('\n' + filler()).encode(wide)
                name = f'{form}-{inner}-{outer}'.replace('.', '')
                with open(os.path.join(folder, name + '.' + outer), 'wb') as out:
                    out.write(around(pack(data)))
                yield name, [one]


def packings(folder):
    for p, (name, pack) in enumerate(PACKINGS):
        ids = [identifier(i) for i in range(10)]
        with open(os.path.join(folder, f'{p:02}-{name}'), 'wb') as out:
            out.write(pack(ids))
        yield name.replace('.', '-'), ids


folder = sys.argv[-1]
os.makedirs(folder)
with open('identifiers.txt', 'w') as names:
    for name, ids in (matrix if '--matrix' in sys.argv else packings)(folder):
        for one in ids:
            names.write(f'{name} {one}\n')
