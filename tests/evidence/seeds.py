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
# Pages of PostgreSQL: rows with a value that pglz packed ("abc", then 15 more of it), and chunks of such a value.
packed = struct.pack('<I', 18) + b'\x08abc\x0c\x03'


def page(tuples):
    upper, items, bytes_ = 8192, b'', b''
    for data, columns in tuples:
        row = bytes(18) + struct.pack('<HHB', columns, 2, 24) + b'\0' + data
        upper -= (len(row) + 7) // 8 * 8
        items += struct.pack('<I', upper | 1 << 15 | len(row) << 17)
        bytes_ = row + bytes(-len(row) % 8) + bytes_
    lower = 24 + len(items)
    return bytes(10) + struct.pack('<HHHHHI', 0, lower, upper, 8192, 0x2004, 0) + items + bytes(upper - lower) + bytes_


inline = struct.pack('<I', 7) + b'\x09Kim' + struct.pack('<I', len(packed) + 4 << 2 | 2) + packed
write('16384', page([(inline, 3)] * 5) + page([(inline + b'\x01\x12' + bytes(16), 4)]))
chunk = lambda value, number, text: (struct.pack('<III', value, number, len(text) + 4 << 2) + text, 3)
write('16387', page([chunk(7, i, packed[4 * i:4 * i + 4]) for i in range(3)] + [chunk(8, 0, TEXT), chunk(8, 1, bytes(1996))]))
sized = lambda text: bytes([len(text)]) + text
write('a.rdb', b'REDIS0011\xfa' + sized(b'redis-ver') + sized(b'7.2') + b'\xfe\0\xfb\2\0\0' + sized(b'key') + b'\xc3\x08\x14\x02abc\xe0\x08\x02\x00c' +
      b'\x0a' + sized(b'zip') + sized(bytes(8) + b'\5\0\0\5Kim S\7\xc0\x39\x30\xff') + b'\x10' + sized(b'pack') +
      sized(bytes(4) + b'\2\0\x83Kim\4\5\1\xff') + b'\4' + sized(b'hash') + b'\2' + sized(b'a') * 4 + b'\x05' + sized(b'z') + b'\1' + sized(b'm') +
      bytes(8) + b'\x0b' + sized(b'ints') + sized(struct.pack('<IIhh', 2, 2, 1, -1)) + b'\xff' + bytes(8))
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
mkdir tiger
printf '%s\\n' 'WiredTiger Dump (WiredTiger Version 3.2.1)' Format=hex Header table:t \\
  key_format=S,value_format=u,block_compressor=snappy Data > dump
for i in 1 2 3 4 5 6 7 8 9; do printf '6b3%s00\\n%s\\n' $i 19000000026100060000006162636465001062000100000000 >> dump; done
wt -h tiger -C "create,extensions=[$(ls /usr/lib/*/libwiredtiger_snappy.so)]" load -f dump
cp tiger/t.wt a.wt
rm -r tiger dump
for i in $(seq 50); do echo "key-$i ==> all work and no play $i"; done > pairs
for packer in snappy zlib lz4 zstd; do
  ldb --db=rocks --create_if_missing --compression_type=$packer load < pairs >/dev/null 2>&1
  ldb --db=rocks compact >/dev/null
  cp $(ls rocks/*.sst | tail -1) $packer.sst
  rm -r rocks
done
rm pairs
for packed in a.7z a.zip; do cat /bin/true $packed > whole-$packed.exe; (head -c 3000 /bin/true; cat $packed) > cut-$packed.exe; done
cat a.png a.zip > zip.png
rm -r export files
'''], cwd=folder, check=True)
# Debian's modules, whatever python comes first.
subprocess.run(['/usr/bin/python3', '-c', '''
import plyvel, snappy, xlwt
packed = bytes(4) + snappy.compress(open('a.txt', 'rb').read())
open('text.sz', 'wb').write(b'\\xff\\6\\0\\0sNaPpY\\0' + len(packed).to_bytes(3, 'little') + packed + b'\\1\\7\\0\\0\\0\\0\\0\\0end')
base = plyvel.DB('level', create_if_missing=True)
for i in range(50): base.put(b'key-%d' % i, b'all work and no play %d' % i)
base.compact_range()
base.close()
import glob, os, shutil
for name in glob.glob('level/*.ldb'): os.rename(name, os.path.basename(name))
shutil.rmtree('level')
book = xlwt.Workbook()
sheet = book.add_sheet('first')
for i in range(50):
    sheet.write(i, 0, 'cell %d' % i)
    sheet.write(i, 1, i * 1.5)
book.save('a.xls')
'''], cwd=folder, check=True)
