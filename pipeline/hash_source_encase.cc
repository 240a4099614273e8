// EnCase hash set, as The Sleuth Kit reads it:
//
//   "HASH\r\n" ff 00 … header of 1152 bytes, with the name of the set at 1032 in UTF-16
//   entries of 18 bytes: MD5, two bytes of no known meaning
#include <array>
#include <cstring>
#include <fstream>

#include "pipeline/hash_source.h"

namespace ambit {
namespace {

constexpr std::string_view kEncaseMagic{"HASH\r\n\xff\0", 8};
constexpr std::size_t kEncaseHeaderBytes = 1152, kEntryBytes = 18, kMd5Bytes = 16;

Error damaged(const std::string& path) {
  return {ErrorKind::order, "the EnCase hash set is cut off", path, "copy it again, or export it again from EnCase"};
}

}  // namespace

bool begins_encase_hashes(std::string_view head) { return head.starts_with(kEncaseMagic); }

Result<HashRows> read_encase_hashes(const std::string& path, const TakeHashRow& take) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, kEncaseHeaderBytes> header{};
  if (!in.read(header.data(), header.size())) return damaged(path);
  bool some = false;
  for (;;) {
    std::array<char, kEntryBytes> entry{};
    in.read(entry.data(), entry.size());
    if (in.bad()) return Error{ErrorKind::io, "cannot read the EnCase hash set", path, "copy it again"};
    if (in.gcount() == 0) break;
    if (static_cast<std::size_t>(in.gcount()) != entry.size()) return damaged(path);
    HashValue md5{DigestKind::md5, {}, std::nullopt};
    std::memcpy(md5.bytes.data(), entry.data(), kMd5Bytes);
    HashRow row;
    row.set(md5);
    if (Result<> done = take(row); !done) return std::move(done).error();
    some = true;
  }
  if (!some) return Error{ErrorKind::order, "the EnCase hash set holds no hash", path, "leave it out"};
  return HashRows{"EnCase hash set", 0};
}

}  // namespace ambit
