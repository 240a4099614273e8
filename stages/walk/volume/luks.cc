// Volumes encrypted by LUKS (Linux) and BitLocker (Windows).
//
// With a key of the order a LUKS volume is opened. Which key opens it is left to libcryptsetup, the implementation that
// defines the format: it knows both versions and every way of making a key from a passphrase. It works on files
// only, so it gets the header in a file in memory; the evidence is never handed to it. The sectors are then decrypted
// here, because libcryptsetup would ask the kernel for that.
//
// (libluksde was tried: version 20200205 writes beyond its stack on a LUKS1 volume with a key of 512 bits, which is
// what cryptsetup makes by default, and does not know LUKS2.)
//
// A header that asks for more work or memory than any real one is not tried: that is how evidence could stall a run.
#include <fcntl.h>
#include <libcryptsetup.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "pipeline/exhausted.h"
#include "pipeline/limits.h"
#include "stages/walk/volume/luks_bytes.h"
#include "stages/walk/volume/systems.h"

namespace ambit::walk {
namespace {

constexpr std::string_view kLuksMagic = "LUKS\xBA\xBE";
constexpr int kMaxSlots = 32;
constexpr std::size_t kMostKeyBytes = 512;

void say_nothing(int /*level*/, const char* /*text*/, void* /*nothing*/) {}

// A file in memory that begins with the header and is as long as the volume; closed with the object.
class HeaderFile {
 public:
  explicit HeaderFile(const ByteSource& bytes) : descriptor_(memfd_create("header", MFD_CLOEXEC)) {
    const std::uint64_t length = std::min(bytes.size(), limits::kMaxLuksHeaderBytes);
    if (descriptor_ < 0) throw_where_exhausted(errno);
    if (descriptor_ < 0 || ftruncate(descriptor_, static_cast<off_t>(bytes.size())) != 0) return;
    good_ = true;
    for (std::uint64_t at = 0; at < length; at += limits::kChunkBytes) {
      const Block block(bytes, at, std::min<std::uint64_t>(limits::kChunkBytes, length - at));
      const ssize_t put = pwrite(descriptor_, block.bytes().data(), block.bytes().size(), static_cast<off_t>(at));
      good_ = good_ && put == static_cast<ssize_t>(block.bytes().size());
    }
  }
  ~HeaderFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  HeaderFile(const HeaderFile&) = delete;
  HeaderFile& operator=(const HeaderFile&) = delete;
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
  bool good_ = false;
};

struct DeviceCloser {
  void operator()(crypt_device* device) const { crypt_free(device); }
};
using Device = std::unique_ptr<crypt_device, DeviceCloser>;

Device load(const HeaderFile& header) {
  crypt_device* raw = nullptr;
  if (!header.good() || crypt_init(&raw, header.path().c_str()) != 0) return nullptr;
  Device device(raw);
  crypt_set_log_callback(raw, say_nothing, nullptr);
  if (crypt_load(raw, CRYPT_LUKS, nullptr) != 0) return nullptr;
  return device;
}

// Rounds that one key costs: all slots are tried, and the digest after each. None where a slot asks for too much.
std::optional<std::uint64_t> work_of(crypt_device* device, std::uint32_t digest_rounds) {
  std::uint64_t work = 0;
  for (int slot = 0; slot < kMaxSlots; ++slot) {
    crypt_pbkdf_type derivation{};
    if (crypt_keyslot_get_pbkdf(device, slot, &derivation) != 0) continue;
    const bool by_memory = derivation.type != nullptr && std::string_view(derivation.type).starts_with("argon2");
    const std::uint32_t most = by_memory ? limits::kMaxKeyPasses : limits::kMaxKeyRounds;
    const std::uint64_t memory = derivation.max_memory_kb;
    if (derivation.iterations > most || memory > limits::kMaxKeyMemoryKiB) return std::nullopt;
    work += derivation.iterations * (by_memory ? memory * limits::kRoundsPerKiB : 1) + digest_rounds;
  }
  return work;
}

// The rounds that the digest of the volume key takes, which libcryptsetup does not tell. None where they are too many.
std::optional<std::uint32_t> digest_rounds_of(const ByteSource& bytes, const Block& head) {
  std::uint64_t most = head.be16(6) == 1 ? head.be32(164) : 0;
  if (head.be16(6) != 1) {
    const Block text(bytes, 0, std::min<std::uint64_t>({head.be64(8), bytes.size(), limits::kMaxLuksHeaderBytes}));
    const std::string_view json = text.text(0, text.bytes().size());
    if (json.find("\\u") != std::string_view::npos) return std::nullopt;  // a name that is spelt to be overlooked
    constexpr std::string_view kName = "\"iterations\"";
    for (std::size_t at = json.find(kName); at != std::string_view::npos; at = json.find(kName, at)) {
      at = std::min(json.find_first_of("0123456789", at + kName.size()), json.size());
      std::uint64_t rounds = 0;
      for (; at < json.size() && json[at] >= '0' && json[at] <= '9' && rounds <= limits::kMaxKeyRounds; ++at) {
        rounds = rounds * 10 + static_cast<std::uint64_t>(json[at] - '0');
      }
      most = std::max(most, rounds);
    }
  }
  if (most > limits::kMaxKeyRounds) return std::nullopt;
  return static_cast<std::uint32_t>(most);
}

// Integrity tags between the sectors, or a change of the key that was under way: not simply sectors.
bool is_plain(crypt_device* device) {
  crypt_params_integrity integrity{};
  if (crypt_get_integrity_info(device, &integrity) == 0 && integrity.integrity != nullptr) return false;
  std::uint32_t wanted = 0;
  return crypt_persistent_flags_get(device, CRYPT_FLAGS_REQUIREMENTS, &wanted) != 0 || wanted == 0;
}

// Opens the volume into `division`, where one of the keys does.
void open(const Bytes& bytes, const Block& head, const Surroundings& around, Division& division) {
  crypt_metadata_locking(nullptr, 0);
  const HeaderFile header(*bytes);
  const Device device = load(header);
  const std::optional<std::uint32_t> rounds = digest_rounds_of(*bytes, head);
  if (!device || !rounds || !is_plain(device.get())) return;
  const std::optional<std::uint64_t> work = work_of(device.get(), *rounds);
  const std::uint64_t begin = product(crypt_get_data_offset(device.get()), 512);
  const int sector = crypt_get_sector_size(device.get());
  const char* cipher = crypt_get_cipher(device.get());
  const char* mode = crypt_get_cipher_mode(device.get());
  if (!work || begin >= bytes->size() || sector < 512 || sector > 4096 || cipher == nullptr || mode == nullptr) return;
  const auto sector_bytes = static_cast<std::uint32_t>(sector);
  division.device_range = {begin, (bytes->size() - begin) / sector_bytes * sector_bytes};
  for (const VolumeKey& key : around.keys.first(std::min(around.keys.size(), limits::kMaxVolumeKeys))) {
    if (division.key_work + *work > around.key_work) return;
    division.key_work += *work;
    std::string volume_key(kMostKeyBytes, '\0');
    std::size_t key_bytes = volume_key.size();
    const int slot = crypt_volume_key_get(device.get(), CRYPT_ANY_SLOT, volume_key.data(), &key_bytes,
                                          key.secret.data(), key.secret.size());
    if (slot < 0) continue;
    volume_key.resize(key_bytes);
    const SectorCipher how{std::string(cipher) + "-" + mode, volume_key, sector_bytes,
                           crypt_get_iv_offset(device.get())};
    division.device = decrypted(bytes, division.device_range.offset, division.device_range.length, how);
    return;
  }
}

void add_encrypted(const ByteSource& bytes, std::string description, Division& division) {
  division.parts.push_back({0, 0, bytes.size(), std::move(description), WalkTrouble::encrypted});
}

}  // namespace

std::optional<Division> look_luks(const Bytes& bytes, const Surroundings& around) {
  const Block head(*bytes, 0, 4096);
  if (!head.has(0, kLuksMagic)) return std::nullopt;
  const std::uint16_t version = head.be16(6);
  if (version != 1 && version != 2) return std::nullopt;
  const std::string name = "LUKS" + std::to_string(version) + " encrypted volume";
  Division division;
  if (!around.keys.empty()) open(bytes, head, around, division);
  if (!division.device) {
    add_encrypted(*bytes, name, division);
    return division;
  }
  division.device_description = name + ", opened";
  division.books.push_back({{0, division.device_range.offset}, Kind::metadata});
  return division;
}

std::optional<Division> look_bitlocker(const Bytes& bytes, const Surroundings& /*around*/) {
  constexpr std::string_view kToGo("\x3B\xD6\x67\x49\x29\x2E\xD8\x4A\x83\x99\xF6\xA3\x39\xE3\xD0\x01", 16);
  const Block head(*bytes, 0, 512);
  if (!head.has(3, "-FVE-FS-") && !head.has(424, kToGo)) return std::nullopt;
  Division division;
  add_encrypted(*bytes, "BitLocker encrypted volume", division);
  return division;
}

}  // namespace ambit::walk
