"""Writes FOLDER: small objects of the formats that packings.py leaves out, as seeds for the fuzzer.

usage: seeds.py FOLDER
"""
import binascii, os, sqlite3, struct, subprocess, sys, zlib

folder = sys.argv[1]
os.makedirs(folder)
TEXT = ' '.join('word%d' % (i * i) for i in range(150)).encode()


def write(name, data):
    with open(os.path.join(folder, name), 'wb') as out:
        out.write(data)


write('a.txt', TEXT)
write('a.rtf', br"{\rtf1\ansi\ansicpg1252 caf\'e9 {\b bold} \u8364? {\*\generator x}{\pict 0102}\par end}")
write('a.xml', b'<?xml version="1.0"?><r><page n="1">text &amp; &#x263a;</page><![CDATA[<x>]]></r>')
write('latin1.txt', 'Gr\u00fc\u00dfe aus K\u00f6ln und Malm\u00f6, \u00e0 bient\u00f4t '.encode('latin-1') * 40)
write('letters.txt', b'begin 644 a.txt\n' + b''.join(
    binascii.b2a_uu(TEXT[i:i + 45]) for i in range(0, len(TEXT), 45)) + b'`\nend\n')
write('box.mbox', b''.join(
    b'From a@b Mon Mar  2 10:00:00 2020\nFrom: a@b.example\nTo: c@d.example\nSubject: =?utf-8?q?caf=C3=A9?=\n\n' + TEXT +
    b'\n>From here\n\n' for _ in range(3)))
mail = b'From: a@b.example\nTo: c@d.example\nSubject: x\nContent-Type: text/plain; format=flowed; delsp=yes\n\n> a \n> b\nc \nd\n'
write('flowed.eml', mail)
write('m.1', b'2 M1e C4969c9a0\n' + b''.join(
    b'\1\2N          %016X\n' % len(m) + m + b'\n\1\3\nR4969c9a0\nGd1e2\n\n' for m in (mail, TEXT, zlib.compress(TEXT))))
write('a.ab', b'ANDROID BACKUP\n5\n1\nnone\n' + zlib.compress(TEXT))
write('a.lzo', subprocess.run(['lzop', '-c'], input=TEXT * 3, capture_output=True, check=True).stdout)
oid = b'\6\x09\x2a\x86\x48\x86\xf7\x0d\1\7'
write('a.p7m', b'\x30\x80' + oid + b'\2\xa0\x80\x30\x80\2\1\1\x31\0\x30\x80' + oid + b'\1\xa0\x80\x24\x80' +
      b'\4\x82' + struct.pack('>H', len(mail)) + mail + b'\4\5hello' + b'\0\0' * 6)
write('rev', b'DELTA\nSVN\1\0' + zlib.compress(TEXT) + b'ENDREP\n' + zlib.compress(TEXT * 4))
rtf = br"{\rtf1 a}"
rtf = struct.pack('<II4sI', len(rtf) + 12, len(rtf), b'MELA', 0) + rtf + bytes(-len(rtf) % 4)
properties = struct.pack('<IHHII', 1, 0x102, 0x1009, 1, len(rtf)) + rtf
write('winmail.dat', struct.pack('<IHBII', 0x223e9f78, 1, 1, 0x00069003, len(properties)) + properties + b'\0\0')
base = sqlite3.connect(os.path.join(folder, 'a.db'), isolation_level=None)
base.execute('pragma journal_mode=wal')
base.execute('create table t (a, b)')
base.executemany('insert into t values (?, ?)', [(i, 'row %d' % i * 30) for i in range(200)])
with open(os.path.join(folder, 'a.db-wal'), 'rb') as log:
    write('a.log-wal', log.read())
base.close()
import gzip, zlib
packed = [gzip.compress(TEXT), zlib.compress(TEXT), b'%PDF-1.4\n' + TEXT, bytes(range(256)) * 20 + gzip.compress(TEXT)]
base = sqlite3.connect(os.path.join(folder, 'b.db'), isolation_level=None)
base.execute('pragma page_size=512')
base.execute('pragma journal_mode=wal')
base.execute('create table "a ""b" (id integer primary key, c text, [d e] blob /* , */, f as (id + 1))')
base.execute('create table k (v, k text, n int, primary key (n, k)) without rowid')
for i, value in enumerate(packed * 2):
    base.execute('insert into "a ""b" (c, "d e") values (?, ?)', ('{\\rtf1 a}', value))
    base.execute('insert into k values (?, ?, ?)', (value, 'key', i))
with open(os.path.join(folder, 'b.db-wal'), 'rb') as log:
    write('b.log-wal', log.read())
base.close()
def chunk(kind, data): return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
write('a.png', b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 8, 0, 0, 0, 0)) +
      chunk(b'zTXt', b'Comment\0\0' + zlib.compress(TEXT)) + chunk(b'IDAT', zlib.compress(b'\0\0')) +
      chunk(b'iTXt', b'Title\0\1\0en\0Title\0' + zlib.compress(TEXT)) + chunk(b'IEND', b''))
with open(os.path.join(folder, 'export'), 'wb') as out:
    for i in range(20):
        out.write(b'__REALTIME_TIMESTAMP=16000000000000%02d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\nMESSAGE=%s\n\n' %
                  (i, i + 1, b'1' * 32, TEXT))
number = lambda n: bytes([n < 0]) + struct.pack('<I', abs(n))
string = lambda s: number(len(s)) + s
entry = (number(1) + number(1) + string(b'0') * 2 + string(b'notes') + string(b'TABLE DATA') + number(3) + string(b'') * 3 +
         string(b'public') + string(b'') * 2 + string(b'me') + string(b'f') + string(b'2') + number(-1) + b'\x02' + bytes(8))
packed = zlib.compress(TEXT)
write('a.dump', b'PGDMP\x01\x0e\x00\x04\x08\x01' + number(-1) + number(0) * 7 + string(b'db') + string(b'15') * 2 + number(1) +
      entry + b'\x01' + number(1) + string(packed[:50]) + string(packed[50:]) + number(0) +
      b'\x03' + number(2) + number(7) + string(packed) + number(0) + number(0))
subprocess.run(['sh', '-ec', '''
/lib/systemd/systemd-journal-remote -o a.journal - <export >/dev/null 2>&1
ls a.txt a.rtf | cpio -o --quiet -H newc > a.cpio
ls a.txt a.rtf | cpio -o --quiet -H bin > b.cpio
ar rc a.ar a.txt a.rtf
bsdtar -cf a.xar --format xar a.txt a.rtf
bsdtar -cf a.iso --format iso9660 a.txt a.rtf
lz4 -q a.txt a.lz4
lzip -k a.txt
brotli -q 5 -o a.txt.br a.txt
compress -c a.txt > a.Z
xz -k --format=lzma a.txt
7z a -bd -y a.7z a.txt a.rtf >/dev/null
mkdir files; cp a.txt a.rtf files; ln files/a.txt files/b.txt; setfattr -n user.note -v aside files/a.rtf
for packer in gzip lzo lz4 xz zstd lzma; do mksquashfs files $packer.squashfs -comp $packer -quiet -no-progress; done
mksquashfs files stored.squashfs -noI -noD -noF -noX -quiet -no-progress
zip -q a.zip a.txt a.rtf
for packed in a.7z a.zip; do cat /bin/true $packed > whole-$packed.exe; (head -c 3000 /bin/true; cat $packed) > cut-$packed.exe; done
cat a.png a.zip > zip.png
rm -r export files
'''], cwd=folder, check=True)
# Debian's modules, whatever python comes first.
subprocess.run(['/usr/bin/python3', '-c', '''
import xlwt
book = xlwt.Workbook()
sheet = book.add_sheet('first')
for i in range(50):
    sheet.write(i, 0, 'cell %d' % i)
    sheet.write(i, 1, i * 1.5)
book.save('a.xls')
'''], cwd=folder, check=True)
