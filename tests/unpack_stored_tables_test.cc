// Files of servers and browsers whose blocks are packed by snappy and its like: MongoDB's storage, LevelDB, RocksDB;
// and snappy by itself. What their own programs wrote.
#include <gmock/gmock.h>

#include "stages/unpack/formats.h"
#include "tests/unpacked.h"

namespace ambit::unpack_stored_tables_test {
namespace {

using namespace std::string_literals;
using test::Unpacked;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kTables = R"sh(
cat > make.py <<'PY'
import struct
string = lambda name, text: b'\2' + name + b'\0' + struct.pack('<i', len(text) + 1) + text + b'\0'
document = lambda body: struct.pack('<i', len(body) + 5) + body + b'\0'
print('WiredTiger Dump (WiredTiger Version 3.2.1)\nFormat=hex\nHeader\ntable:t\n'
      'key_format=S,value_format=u,block_compressor=PACKER\nData')
for i in range(300):
    body = (string(b'who', b'all work and no play') + string(b'name', 'Kim Ståhl'.encode() + b' %d' % i) + b'\4tags\0' +
            document(string(b'0', b'tag')) + b'\x10n\0' + struct.pack('<i', i) + b'\x07id\0' + b'123456789012' +
            b'\x08ok\0\1' + b'\x0anone\0' + b'\x01f\0' + struct.pack('<d', 2.5) + b'\x05b\0\2\0\0\0\0xy')
    print((b'k%05d\0' % i).hex() + '\n' + document(body).hex())
print(b'long\0'.hex() + '\n' + document(string(b'body', b'filler ' * 40000 + b'overflow-' + b'value')).hex())
PY
python3 make.py > dump
for packer in snappy zlib; do
  mkdir $packer
  sed "s/PACKER/$packer/" dump > $packer.dump
  wt -h $packer -C "create,extensions=[$(ls /usr/lib/*/libwiredtiger_$packer.so)]" load -f $packer.dump
  cp $packer/t.wt $packer.wt
done
for i in $(seq 300); do echo "key-$i ==> all work and no play makes Kim dull $i all work and no play"; done > pairs
for packer in snappy zlib lz4 zstd; do
  ldb --db=$packer.rocks --create_if_missing --compression_type=$packer load < pairs >/dev/null 2>&1
  ldb --db=$packer.rocks compact >/dev/null
  cp $(ls $packer.rocks/*.sst | tail -1) $packer.sst
done
/usr/bin/python3 -c "
import plyvel
base = plyvel.DB('level', create_if_missing=True)
for i in range(300): base.put(b'key-%d' % i, b'all work and no play makes Kim dull %d all work and no play' % i)
base.compact_range()
base.close()"
cp level/*.ldb table.ldb
/usr/bin/python3 -c "
import snappy
text = b'all work and no play makes Kim dull ' * 9000
open('text', 'wb').write(text)
frame = lambda kind, data: bytes([kind]) + len(data).to_bytes(3, 'little') + data
packed = lambda data: frame(0, bytes(4) + snappy.compress(data))
open('text.sz', 'wb').write(frame(255, b'sNaPpY') + b''.join(packed(text[i:i + 65536]) for i in range(0, len(text), 65536)) +
                            frame(254, b'abc') + frame(255, b'sNaPpY') + frame(1, bytes(4) + b'the end'))"
)sh";

class StoredTables : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder = std::make_unique<test::TemporaryFolder>();
    test::shell(*folder, std::string(kTables));
  }
  static void TearDownTestSuite() { folder.reset(); }
  static std::string file(const std::string& name) { return test::read_file(*folder / name); }
  static std::unique_ptr<test::TemporaryFolder> folder;
};
std::unique_ptr<test::TemporaryFolder> StoredTables::folder;

TEST_F(StoredTables, of_mongodb_show_their_documents) {
  for (const char* name : {"snappy.wt", "zlib.wt"}) {
    const std::string bytes = file(name);
    ASSERT_EQ(test::format_by_head(bytes), Format::wired_tiger);
    EXPECT_THAT(bytes, Not(HasSubstr("Kim Ståhl 299")));
    for (const bool seekable : {true, false}) {
      const Unpacked got = test::unpack(bytes, seekable);
      ASSERT_EQ(got.parts.size(), 1U);
      EXPECT_FALSE(got.parts[0].damaged) << name;
      const std::string& text = got.parts[0].bytes;
      EXPECT_THAT(text, HasSubstr("\twho\tall work and no play\tname\tKim Ståhl 299\ttags\t0\ttag\tn\t299\tid\t"
                                  "313233343536373839303132\tok\t1\tnone\tf\t2.5\tb\txy\n"));
      EXPECT_THAT(text, HasSubstr("filler overflow-value\n"));
    }
  }
}

TEST_F(StoredTables, of_mongodb_that_are_damaged_are_told) {
  std::string bytes = file("snappy.wt");
  for (std::size_t at = 4096 + 100; at < bytes.size(); at += 97) bytes[at] = '\xff';
  EXPECT_TRUE(test::unpack(bytes, true).parts.at(0).damaged);
}

Unpacked table(const std::string& bytes) { return test::unpack(Format::sorted_table, bytes, true); }

TEST_F(StoredTables, of_leveldb_and_rocksdb_show_their_entries) {
  for (const char* name : {"snappy.sst", "zlib.sst", "lz4.sst", "zstd.sst", "table.ldb"}) {
    const std::string bytes = file(name);
    ASSERT_EQ(format_by_end(std::as_bytes(std::span(bytes).last(kEndBytes))), Format::sorted_table) << name;
    EXPECT_THAT(bytes, Not(HasSubstr("Kim dull 299")));
    const Unpacked got = table(bytes);
    ASSERT_EQ(got.parts.size(), 1U) << name;
    EXPECT_FALSE(got.parts[0].damaged) << name;
    const std::string& text = got.parts[0].bytes;
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 300) << name;
    for (const std::string& i : {"1"s, "100"s, "300"s}) {
      const bool is_there = i != "300" || name != "table.ldb"s;
      const std::string line = "key-" + i + "\tall work and no play makes Kim dull " + i + " all work and no play\n";
      EXPECT_EQ(text.find(line) != std::string::npos, is_there) << name << " " << i;
    }
  }
}

TEST_F(StoredTables, of_leveldb_with_a_damaged_block_are_told_and_show_the_others) {
  std::string bytes = file("table.ldb");
  bytes.replace(0, 40, std::string(40, '\xff'));
  EXPECT_TRUE(table(bytes).parts.at(0).damaged);
  bytes = file("table.ldb");
  for (std::size_t at = bytes.size() - 48; at < bytes.size() - 8; ++at) bytes[at] = '\xff';
  EXPECT_FALSE(table(bytes).opened);
}

TEST_F(StoredTables, snappy_by_itself_is_unpacked) {
  const std::string bytes = file("text.sz");
  ASSERT_EQ(test::format_by_head(bytes), Format::snappy);
  for (const std::size_t step : {std::size_t{5}, SIZE_MAX}) {
    const Unpacked got = test::unpack_all(unpack::open_snappy, bytes, "text.sz", step);
    ASSERT_EQ(got.parts.size(), 1U);
    EXPECT_FALSE(got.parts[0].damaged);
    EXPECT_EQ(got.parts[0].part.name, "text");
    EXPECT_EQ(got.parts[0].bytes, file("text") + "the end");
  }
  const Unpacked cut = test::unpack_all(unpack::open_snappy, bytes.substr(0, bytes.size() - 3));
  EXPECT_TRUE(cut.parts.at(0).damaged);
  EXPECT_EQ(cut.parts[0].bytes, file("text"));
}

TEST_F(StoredTables, survive_damage) {
  for (const char* name : {"snappy.wt", "zlib.wt"}) {
    test::survive_damage(unpack::open_wired_tiger, file(name).substr(0, 30'000), name, test::damage_seeds(60));
  }
  for (const char* name : {"snappy.sst", "zlib.sst", "lz4.sst", "zstd.sst", "table.ldb"}) {
    test::survive_damage(unpack::open_sorted_table, file(name), name, test::damage_seeds(60));
  }
  test::survive_damage(unpack::open_snappy, file("text.sz"), "text.sz", test::damage_seeds(60));
}

}  // namespace
}  // namespace ambit::unpack_stored_tables_test
