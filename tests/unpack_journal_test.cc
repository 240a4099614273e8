// Journals of systemd: every entry that journalctl reads, we read; and what it does not read any more.
#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "pipeline/limits.h"
#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_journal_test {
namespace {

using test::unpack_all;
using test::Unpacked;
using testing::HasSubstr;
using testing::Not;
using unpack::open_journal;

// Entries of every sort in the export format: short and long texts, lines, bytes, names that repeat, many fields.
constexpr std::string_view kExport = R"py(
import struct, sys
out = open(sys.argv[1], 'wb')
def field(name, value):
    if isinstance(value, str): value = value.encode()
    if b'\n' in value or b'\0' in value:
        return name.encode() + b'\n' + struct.pack('<Q', len(value)) + value + b'\n'
    return name.encode() + b'=' + value + b'\n'
for i in range(int(sys.argv[2])):
    out.write(b'__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n' % (1600000000123456 + i * 997001, 1000 + i))
    out.write(b'_BOOT_ID=0123456789abcdef0123456789abcdef\n')
    out.write(field('MESSAGE', 'entry %d of Müller' % i if i % 7 else 'line\n\tof %d' % i))
    out.write(field('PRIORITY', str(i % 8)))
    out.write(field('_SYSTEMD_UNIT', 'unit%d.service' % (i % 13)))
    if i % 5 == 0: out.write(field('LONG', ('word%d ' % i) * (150 + i * 11)))
    if i % 11 == 0: out.write(field('BYTES', b'a\0b\0' + bytes([i % 256, 0xe4]) + b'end'))
    if i % 17 == 0: out.write(b''.join(field('F%d' % k, 'v%d' % (k * i)) for k in range(60)))
    out.write(b'\n')
)py";

// What journalctl reads in a file, as our lines, fields sorted.
constexpr std::string_view kTruth = R"py(
import subprocess, struct, sys, datetime
data = subprocess.run(['journalctl', '--file', sys.argv[1], '-o', 'export', '--no-pager', '--all'], check=True, capture_output=True).stdout
at, entry = 0, []
def text(b):
    try: s = b.decode()
    except UnicodeDecodeError: return None
    return s.replace('\0', '').replace('\n', ' ').replace('\r', ' ').replace('\t', ' ')
while at < len(data):
    end = data.index(b'\n', at)
    line = data[at:end]
    at = end + 1
    if not line:
        micros = [int(v) for k, v in entry if k == b'__REALTIME_TIMESTAMP'][0]
        when = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
        fields = [text(k + b'=' + v) or k.decode() + '=?' for k, v in entry if not k.startswith(b'__') and k != b'_BOOT_ID']
        sys.stdout.buffer.write(('\t'.join([when.strftime('%Y-%m-%dT%H:%M:%S.%fZ')] + sorted(fields)) + '\n').encode())
        entry = []
    elif b'=' in line: entry.append(tuple(line.split(b'=', 1)))
    else:
        length = struct.unpack_from('<Q', data, at)[0]
        entry.append((line, data[at + 8:at + 8 + length]))
        at += 8 + length + 1
)py";

// Packs the long texts of a journal that was written without packing: the room behind them becomes zeros.
constexpr std::string_view kPack = R"py(
import struct, sys, lzma, subprocess
path, kind, compact = sys.argv[1], sys.argv[2], sys.argv[3] == '1'
b = bytearray(open(path, 'rb').read())
def lz4(plain):
    frame = subprocess.run(['lz4', '-q', '-9', '-BD', '-B7', '-c', '--no-frame-crc'], input=plain, capture_output=True, check=True).stdout
    length = struct.unpack_from('<I', frame, 7)[0]
    assert length < 1 << 31
    return struct.pack('<Q', len(plain)) + frame[11:11 + length]
def xz(plain): return lzma.compress(plain, check=lzma.CHECK_NONE)
head, at, count = 72 if compact else 64, struct.unpack_from('<Q', b, 88)[0], 0
while at + 16 <= len(b) and b[at]:
    size = struct.unpack_from('<Q', b, at + 8)[0]
    if b[at] == 1 and size > 600:
        packed = (lz4 if kind == 'lz4' else xz)(bytes(b[at + head:at + size]))
        assert head + len(packed) < size
        b[at + head:at + size] = packed + bytes(size - head - len(packed))
        b[at + 1] = 2 if kind == 'lz4' else 1
        struct.pack_into('<Q', b, at + 8, head + len(packed))
        count += 1
    at += (size + 7) // 8 * 8
b[12] |= 2 if kind == 'lz4' else 1
open(path, 'wb').write(b)
assert count > 0
)py";

std::string python(std::string_view script, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"python3", "-c", std::string(script)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const test::Ran ran = test::run(command);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.out;
}

struct Form {
  std::string packing;  // none, zstd, lz4, xz
  bool is_compact = true, is_keyed = true;
};

// A journal of `entries` entries, by systemd.
std::string made(const test::TemporaryFolder& folder, const Form& form, int entries) {
  const auto flag = [](bool is) { return std::string(is ? "1" : "0"); };
  python(kExport, {folder / "export", std::to_string(entries)});
  test::shell(folder, "rm -f x.journal\nSYSTEMD_JOURNAL_COMPACT=" + flag(form.is_compact) +
                          " SYSTEMD_JOURNAL_KEYED_HASH=" + flag(form.is_keyed) +
                          " /lib/systemd/systemd-journal-remote --compress=" + flag(form.packing == "zstd") +
                          " -o x.journal - <export 2>log");
  if (form.packing == "lz4" || form.packing == "xz") {
    python(kPack, {folder / "x.journal", form.packing, flag(form.is_compact)});
  }
  return test::read_file(folder / "x.journal");
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(at, begin), text.size());
    out.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

// Our lines as kTruth has them: fields sorted, without the boot; bytes that are no UTF-8 are a question mark there.
std::vector<std::string> normal(const std::string& text) {
  std::vector<std::string> out;
  for (const std::string& line : split(text, '\n')) {
    std::vector<std::string> fields = split(line, '\t');
    std::erase_if(fields, [](const std::string& f) { return f.starts_with("_BOOT_ID="); });
    for (std::string& field : fields) {
      if (field.starts_with("BYTES=")) field = "BYTES=?";
    }
    std::sort(fields.begin() + (fields.empty() ? 0 : 1), fields.end());
    std::string joined;
    for (const std::string& field : fields) joined += (joined.empty() ? "" : "\t") + field;
    out.push_back(joined);
  }
  return out;
}

const std::vector<Form> kForms = {{"none", true, true},  {"none", false, false}, {"zstd", true, true},
                                  {"zstd", false, true}, {"lz4", false, true},   {"lz4", true, false},
                                  {"xz", false, false},  {"xz", true, true}};

TEST(Journal, has_every_entry_that_journalctl_has_in_every_form) {
  const test::TemporaryFolder folder;
  for (const Form& form : kForms) {
    const std::string bytes = made(folder, form, 600);
    EXPECT_EQ(test::format_by_head(bytes, "system.journal"), Format::journal);
    const Unpacked ours = unpack_all(open_journal, bytes, "", SIZE_MAX, 777);
    EXPECT_EQ(ours.error, "");
    ASSERT_EQ(ours.parts.size(), 1U);
    EXPECT_EQ(ours.parts[0].error, "") << form.packing;
    EXPECT_EQ(ours.parts[0].part.is, Part::Is::view);
    const std::vector<std::string> lines = normal(ours.parts[0].bytes);
    EXPECT_EQ(lines.size(), 600U);
    EXPECT_EQ(lines, split(python(kTruth, {folder / "x.journal"}), '\n')) << form.packing << form.is_compact;
    EXPECT_THAT(ours.parts[0].bytes, HasSubstr("\tBYTES=ab"));
  }
}

TEST(Journal, that_comes_as_a_stream_gives_every_text_and_every_time) {
  const test::TemporaryFolder folder;
  for (const Form& form : {Form{"zstd", true, true}, Form{"lz4", false, true}}) {
    const std::string bytes = made(folder, form, 300);
    const Unpacked whole = unpack_all(open_journal, bytes), passing = test::unpack(Format::journal, bytes, false);
    ASSERT_EQ(passing.parts.size(), 1U);
    EXPECT_EQ(passing.parts[0].error, "");
    const std::vector<std::string> given = split(passing.parts[0].bytes, '\n');
    const std::set<std::string> texts(given.begin(), given.end());
    for (const std::string& line : split(whole.parts[0].bytes, '\n')) {
      for (const std::string& text : split(line, '\t')) EXPECT_TRUE(texts.contains(text)) << text.substr(0, 100);
    }
  }
}

std::uint64_t number_at(const std::string& bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
void put(std::string& bytes, std::size_t at, std::uint64_t value) {
  for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i & 0xff);
}

// Offsets of the objects of a type.
std::vector<std::size_t> objects(const std::string& bytes, int type) {
  std::vector<std::size_t> out;
  for (std::size_t at = number_at(bytes, 88); at + 16 <= bytes.size();) {
    if (bytes[at] == type) out.push_back(at);
    at += bytes[at] == 0 ? 8 : (number_at(bytes, at + 8) + 7) / 8 * 8;
  }
  return out;
}

TEST(Journal, of_which_the_lists_of_entries_are_lost_is_read_all_the_same) {
  const test::TemporaryFolder folder;
  const std::string bytes = made(folder, {"zstd", true, true}, 200);
  const Unpacked intact = unpack_all(open_journal, bytes);
  std::string lost = bytes;
  for (const std::size_t at : objects(bytes, 6)) {
    const std::size_t end = at + number_at(bytes, at + 8);
    for (std::size_t i = at + 16; i < end; ++i) lost[i] = '\xff';
  }
  put(lost, 176, 0);
  EXPECT_EQ(unpack_all(open_journal, lost).parts.at(0).bytes, intact.parts.at(0).bytes);
}

TEST(Journal, gives_texts_that_no_entry_refers_to_at_its_end) {
  const test::TemporaryFolder folder;
  std::string bytes = made(folder, {"zstd", true, true}, 200);
  const std::string whole = unpack_all(open_journal, bytes).parts.at(0).bytes;
  EXPECT_THAT(whole, HasSubstr("\tLONG=word190 word190"));
  // Entries become objects that nobody knows.
  for (const std::size_t at : objects(bytes, 3)) bytes[at] = '\x09';
  const Unpacked out = unpack_all(open_journal, bytes);
  EXPECT_THAT(out.parts.at(0).error, HasSubstr("damaged"));
  EXPECT_THAT(out.parts[0].bytes, HasSubstr("\nLONG=word190 word190"));
  EXPECT_THAT(out.parts[0].bytes, Not(HasSubstr("2020-")));
  const std::vector<std::string> given = split(out.parts[0].bytes, '\n');
  const std::set<std::string> texts(given.begin(), given.end());
  for (const std::string& line : split(whole, '\n')) {
    const std::vector<std::string> fields = split(line, '\t');
    for (std::size_t i = 1; i < fields.size(); ++i) EXPECT_TRUE(texts.contains(fields[i])) << fields[i].substr(0, 80);
  }
}

TEST(Journal, goes_on_behind_objects_whose_sizes_lie) {
  const test::TemporaryFolder folder;
  const std::string bytes = made(folder, {"zstd", true, true}, 200);
  const std::size_t entries = split(unpack_all(open_journal, bytes).parts.at(0).bytes, '\n').size();
  const std::vector<std::size_t> data = objects(bytes, 1), marks = objects(bytes, 3);
  for (const std::uint64_t lie : {std::uint64_t{0}, std::uint64_t{65}, std::uint64_t{1} << 20, UINT64_MAX}) {
    std::string hurt = bytes;
    put(hurt, data[data.size() / 2] + 8, lie);
    put(hurt, marks[marks.size() / 3] + 8, lie);
    const Unpacked out = unpack_all(open_journal, hurt);
    EXPECT_THAT(out.parts.at(0).error, HasSubstr("damaged")) << lie;
    const auto lines = split(out.parts[0].bytes, '\n');
    const auto count = std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.starts_with("2020-"); });
    EXPECT_GE(static_cast<std::size_t>(count), entries - 1) << lie;
  }
}

TEST(Journal, that_is_cut_gives_what_stands_before_the_cut) {
  const test::TemporaryFolder folder;
  std::string bytes = made(folder, {"zstd", true, true}, 400);
  const std::string whole = unpack_all(open_journal, bytes).parts.at(0).bytes;
  const std::size_t end = objects(bytes, 3).back();
  for (std::size_t i = 1; i <= 16; ++i) {
    const std::size_t at = end * i / 16;
    const Unpacked out = unpack_all(open_journal, bytes.substr(0, at));
    if (out.parts.empty()) continue;
    const std::vector<std::size_t> marks = objects(bytes.substr(0, at), 3);
    const std::string& text = out.parts[0].bytes;
    std::size_t line = 0;
    for (std::size_t n = 1; n < marks.size(); ++n) line = whole.find('\n', line) + 1;
    EXPECT_EQ(text.substr(0, line), whole.substr(0, line)) << i;
  }
}

// One text of a mebibyte, packed into a few bytes, that a million entries refer to: it comes out piece by piece.
TEST(Journal, expands_no_further_than_it_is_read) {
  const test::TemporaryFolder folder;
  std::string bytes = made(folder, {"zstd", false, true}, 50);
  const std::size_t data = objects(bytes, 1).back(), entry = objects(bytes, 3).back();
  const std::size_t end = entry + number_at(bytes, entry + 8);
  std::string references;
  for (int i = 0; i < 1'000'000; ++i) references += bytes.substr(entry + 64, 16);
  put(references, 0, data);
  for (std::size_t i = 16; i < references.size(); i += 16) references.replace(i, 8, references, 0, 8);
  bytes = bytes.substr(0, end) + references;
  put(bytes, entry + 8, number_at(bytes, entry + 8) + references.size());
  const Unpacked out = test::unpack(Format::journal, bytes, true, {}, limits::MiB);
  EXPECT_GE(out.parts.at(0).bytes.size(), limits::MiB);
  EXPECT_LT(out.parts.at(0).bytes.size(), 2 * limits::MiB);
}

// References to what cannot be unpacked cost their own bytes, not those of what they refer to.
TEST(Journal, of_many_references_to_damage_ends_soon) {
  const test::TemporaryFolder folder;
  std::string bytes = made(folder, {"none", false, true}, 50);
  const std::size_t entry = objects(bytes, 3).back(), end = (entry + number_at(bytes, entry + 8) + 7) / 8 * 8;
  bytes.resize(end);
  std::string references;
  // Thousands of objects, each within the one before, packed as lz4 and damaged.
  for (int i = 0; i < 20'000; ++i) {
    std::string object(80, '\xff');
    object.replace(0, 8, std::string("\1\2\0\0\0\0\0\0", 8));
    put(object, 8, static_cast<std::uint64_t>(20'000 - i) * 80);
    std::string reference(16, '\0');
    put(reference, 0, bytes.size());
    bytes += object;
    references += reference;
  }
  const std::size_t head = bytes.size();
  bytes += std::string("\3\0\0\0\0\0\0\0", 8) + std::string(56, '\0');
  for (int i = 0; i < 20; ++i) bytes += references;
  put(bytes, head + 8, bytes.size() - head);
  const Unpacked out = unpack_all(open_journal, bytes);
  EXPECT_THAT(out.parts.at(0).error, HasSubstr("damaged"));
  EXPECT_THAT(out.parts[0].bytes, HasSubstr("1970-01-01T00:00:00.000000Z"));
}

// A small one: without the tables of hashes in front, which nobody looks at, and without the room at the end.
std::string without_tables(const std::string& journal, bool is_compact) {
  const std::size_t header = number_at(journal, 88), first = objects(journal, 1).front();
  std::string out = journal.substr(0, header) + journal.substr(first, objects(journal, 3).back() + 4096 - first);
  const std::uint64_t moved = first - header;
  for (const std::size_t at : objects(out, 3)) {
    const std::size_t end = at + number_at(out, at + 8);
    for (std::size_t item = at + 64; item < end; item += is_compact ? 4 : 16) {
      const std::uint64_t all = number_at(out, item), kLow = is_compact ? UINT32_MAX : UINT64_MAX;
      put(out, item, (all & ~kLow) | ((all & kLow) - moved));
    }
  }
  return out;
}

TEST(Journal, survives_damage) {
  EXPECT_NE(unpack_all(open_journal, "").error, "");
  EXPECT_NE(unpack_all(open_journal, "LPKSHHRH").error, "");
  const test::TemporaryFolder folder;
  for (const Form& form : {Form{"zstd", true, true}, Form{"lz4", false, true}}) {
    const std::string bytes = without_tables(made(folder, form, 60), form.is_compact);
    EXPECT_EQ(split(unpack_all(open_journal, bytes).parts.at(0).bytes, '\n').size(), 60U);
    test::survive_damage(open_journal, bytes, "", test::damage_seeds(300));
    for (std::size_t i = 0; i < 16; ++i) {
      static_cast<void>(test::unpack(Format::journal, bytes.substr(0, bytes.size() * i / 16), false));
    }
  }
}

}  // namespace
}  // namespace ambit::unpack_journal_test
