"""make_dmg.py RAW DMG PACKING [fork]: a disk as macOS packs it (UDIF); PACKING: raw, adc, zlib, bzip2, xz, mixed.

Zeros are not stored. With "fork" the tables stand where they did before there were property lists.
"""
import base64
import bz2
import lzma
import struct
import sys
import zlib

CHUNK = 256 * 1024
SECTOR = 512


def adc(data):
    """Literals, and both kinds of copies where a byte repeats or the last 64 come again."""
    out, at = bytearray(), 0
    while at < len(data):
        run = 1
        while at + run < len(data) and run < 67 and data[at + run] == data[at]:
            run += 1
        again = 0
        if at >= 1500:
            while at + again < len(data) and again < 67 and data[at + again] == data[at - 1500 + again]:
                again += 1
        if again >= 8:
            out += bytes([0x40 | (again - 4), 1499 >> 8, 1499 & 255])
            at += again
        elif run >= 5:
            out += bytes([0x80, data[at]])
            more = run - 1
            out += bytes([0x40 | (more - 4), 0, 0]) if more >= 19 else bytes([(min(more, 18) - 3) << 2, 0])
            at += run if more >= 19 else 1 + min(more, 18)
        else:
            piece = data[at : at + 100]
            out += bytes([0x80 | (len(piece) - 1)]) + piece
            at += len(piece)
    return bytes(out)


PACKINGS = {
    "raw": (1, bytes),
    "adc": (0x80000004, adc),
    "zlib": (0x80000005, lambda data: zlib.compress(data, 9)),
    "bzip2": (0x80000006, bz2.compress),
    "xz": (0x80000008, lzma.compress),
}


def main():
    disk = open(sys.argv[1], "rb").read()
    assert len(disk) % SECTOR == 0
    names = list(PACKINGS) if sys.argv[3] == "mixed" else [sys.argv[3]]
    blocks, tables = bytearray(b"before the blocks"), []
    begin_of_blocks = len(blocks)
    half = len(disk) // SECTOR // 2 * SECTOR
    number = 0
    for first, end in ((0, half), (half, len(disk))):  # two volumes
        rows = []
        for at in range(first, end, CHUNK):
            chunk = disk[at : min(at + CHUNK, end)]
            where = ((at - first) // SECTOR, len(chunk) // SECTOR)
            if not any(chunk):
                rows.append((2 if number % 2 else 0, *where, 0, 0))
            else:
                kind, pack = PACKINGS[names[number % len(names)]]
                packed = pack(chunk)
                rows.append((kind, *where, len(blocks) - begin_of_blocks, len(packed)))
                blocks += packed
            number += 1
        rows.insert(1, (0x7FFFFFFE, 0, 0, 0, 0))
        rows.append((0xFFFFFFFF, (end - first) // SECTOR, 0, len(blocks) - begin_of_blocks, 0))
        head = struct.pack(">4sIQQQII", b"mish", 1, first // SECTOR, (end - first) // SECTOR, 0, 520, len(tables))
        head = head.ljust(200, b"\0") + struct.pack(">I", len(rows))
        tables.append(head + b"".join(struct.pack(">IIQQQQ", r[0], 0, *r[1:]) for r in rows))
    fork = b"".join(struct.pack(">I", len(t)) + t for t in tables)
    fork = struct.pack(">IIII", 256, 256 + len(fork), len(fork), 50).ljust(256, b"\0") + fork + b"m" * 50
    text = "\n".join(
        "<dict><key>Data</key>\n<data>\n%s\n</data><key>ID</key><string>%d</string></dict>"
        % ("\n\t\t".join(base64.b64encode(t).decode()[i : i + 52] for i in range(0, len(t) * 4 // 3 + 4, 52)), i)
        for i, t in enumerate(tables)
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>resource-fork</key><dict>'
        "<key>blkx</key><array>%s</array><key>plst</key><array><dict><key>Data</key><data>AAAA</data></dict></array>"
        "</dict></dict></plist>\n" % text
    ).encode()
    is_fork = "fork" in sys.argv
    tail = fork if is_fork else text
    place = len(blocks)
    trailer = struct.pack(">4sIIIQQQ", b"koly", 4, 512, 1, 0, begin_of_blocks, place - begin_of_blocks)
    trailer += struct.pack(">QQII", place if is_fork else 0, len(tail) if is_fork else 0, 1, 1)
    trailer = trailer.ljust(216, b"\0")
    trailer += struct.pack(">QQ", 0 if is_fork else place, 0 if is_fork else len(tail))
    trailer = trailer.ljust(488, b"\0") + struct.pack(">IQ", 1, len(disk) // SECTOR)
    open(sys.argv[2], "wb").write(bytes(blocks) + tail + trailer.ljust(512, b"\0"))


main()
