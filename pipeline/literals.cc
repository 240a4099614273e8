#include "pipeline/literals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

namespace ambit {
namespace {

constexpr std::size_t kStep = 3;     // bytes from one sample to the next
constexpr std::size_t kStretch = 4;  // bytes of a sample
static_assert(LiteralIndex::kLongBytes == kStretch + kStep - 1);
constexpr std::size_t kGroup = 64;  // samples looked at together
constexpr std::size_t kGroupBytes = kGroup * kStep;
constexpr std::size_t kGroupPad = 16;  // bytes that may be read behind a group
constexpr std::size_t kGroupsTogether = 16;
constexpr std::size_t kMostOffset = 200;   // stretches further in are not considered
constexpr std::size_t kBitsPerEntry = 32;  // of the table: one sample in sixteen is a candidate by chance
constexpr unsigned kLeastWordBits = 9, kMostWordBits = 20;  // 2 KiB to 4 MiB of table
constexpr unsigned char kFold = 0x20;

// Upper and lower case alike; so are a few other bytes, which the check parts.
constexpr unsigned char folded(unsigned char byte) { return byte | kFold; }
constexpr unsigned char lower(unsigned char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<unsigned char>(byte + 32) : byte;
}

template <class Number>
Number load(const void* from) {
  Number out;
  std::memcpy(&out, from, sizeof out);
  return out;
}
constexpr unsigned kShortBits = 16;
constexpr std::uint32_t kFoldAll = 0x20202020, kMix = 0x9e3779b1;
std::uint32_t hash_of(const void* stretch) { return (load<std::uint32_t>(stretch) | kFoldAll) * kMix; }
// Of the first three bytes of a text that has no stretch of four.
std::uint32_t short_of(const void* bytes) {
  const std::uint32_t three =
      load<std::uint16_t>(bytes) | std::uint32_t{load<std::uint8_t>(static_cast<const char*>(bytes) + 2)} << 16U;
  return (three | (kFoldAll & 0xffffffU)) * kMix >> (32 - kShortBits);
}
std::uint16_t pair_of(const void* bytes) { return static_cast<std::uint16_t>(load<std::uint16_t>(bytes) | 0x2020U); }

// How rare a folded byte is in what servers hold, in half bits.
constexpr std::array<std::uint8_t, 256> kRarity = [] {
  std::array<std::uint8_t, 256> out{};
  for (auto& rarity : out) rarity = 18;
  constexpr std::string_view kOften = " etaoinsrhldcumfpgwybvkxjqz";
  constexpr std::array<std::uint8_t, 27> kTheirs = {5,  7,  8,  8,  8,  8,  9,  9,  9,  9,  10, 10, 11, 11,
                                                    11, 12, 12, 12, 12, 13, 14, 15, 18, 18, 19, 20, 20};
  for (std::size_t i = 0; i < kOften.size(); ++i) out[static_cast<unsigned char>(kOften[i])] = kTheirs[i];
  for (const char c : std::string_view("0123456789./-_,\"'<>=:;()")) out[folded(static_cast<unsigned char>(c))] = 13;
  return out;
}();

std::string fold(std::string_view bytes) {
  std::string out(bytes);
  for (char& c : out) c = static_cast<char>(folded(static_cast<unsigned char>(c)));
  return out;
}

// Every folded byte there is.
template <class Visit>
void for_each_folded(Visit visit) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    if ((byte & kFold) != 0) visit(static_cast<char>(byte));
  }
}

}  // namespace

std::size_t LiteralIndex::entries_for(std::size_t bytes) {
  constexpr std::size_t kAny = 128;
  if (bytes >= kLongBytes) return kStep;
  return bytes == 5 ? 2 + kAny : bytes == 4 ? 1 + 2 * kAny : (2 + kAny) * kAny;
}

// Chooses the stretches of one text after the other.
struct LiteralIndex::Chooser {
  std::vector<std::uint8_t> crowd;  // by bucket: texts that chose it
  unsigned bucket_shift;

  // Worth of the stretch: the rarer the better, and the fewer share its bucket.
  [[nodiscard]] int worth(const char* stretch) const {
    int rarity = 0;
    for (std::size_t i = 0; i < kStretch; ++i) rarity += kRarity[static_cast<unsigned char>(stretch[i])];
    const auto others = static_cast<unsigned>(crowd[hash_of(stretch) >> bucket_shift]);
    return rarity - 4 * static_cast<int>(std::bit_width(others));
  }

  // Where the three stretches begin of which the worst is worth most.
  std::size_t choose(std::string_view text) {
    const std::size_t last = std::min(text.size() - kLongBytes, kMostOffset);
    std::size_t best = 0;
    int best_worth = std::numeric_limits<int>::min();
    std::array<int, kStep> worths{};
    for (std::size_t at = 0; at < last + kStep; ++at) {
      worths[at % kStep] = worth(text.data() + at);
      if (at + 1 < kStep) continue;
      const int its_worth = *std::min_element(worths.begin(), worths.end());
      if (its_worth > best_worth) best_worth = its_worth, best = at + 1 - kStep;
    }
    for (std::size_t at = best; at < best + kStep; ++at) {
      std::uint8_t& count = crowd[hash_of(text.data() + at) >> bucket_shift];
      if (count < std::numeric_limits<std::uint8_t>::max()) ++count;
    }
    return best;
  }
};

// The loops that see every byte: no branch, one look at the table per sample. In a word of the table the upper half
// holds a bit for the stretch, from the top; the lower half one for the byte after it.
std::uint64_t LiteralIndex::candidates_plain(const unsigned char* group) const {
  std::uint64_t out = 0;
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kGroup; ++i) {
    const unsigned char* const sample = group + kStep * i;
    const std::uint32_t hash = hash_of(sample);
    const std::uint32_t word = words_[hash >> word_shift_];
    const std::uint32_t both = word << (hash & 15) & word << (16 + (sample[kStretch] & 15U));
    out |= std::uint64_t{both >> 31} << i;
  }
  return out;
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] std::uint64_t LiteralIndex::candidates_wide(const unsigned char* group) const {
  // Sixteen bytes hold four samples, three bytes apart, and the byte after each.
  const __m256i stretches =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 12));
  const __m256i nexts =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(4, -1, -1, -1, 7, -1, -1, -1, 10, -1, -1, -1, 13, -1, -1, -1));
  const __m256i low4 = _mm256_set1_epi32(15), sixteen = _mm256_set1_epi32(16);
  const __m256i fold_all = _mm256_set1_epi32(static_cast<int>(kFoldAll)),
                mix = _mm256_set1_epi32(static_cast<int>(kMix));
  const __m128i shift = _mm_cvtsi32_si128(static_cast<int>(word_shift_));
  std::uint64_t out = 0;
  for (unsigned i = 0; i < kGroup; i += 8) {
    const auto* const at = reinterpret_cast<const __m128i*>(group + kStep * i);
    const auto* const four_on = reinterpret_cast<const __m128i*>(group + kStep * (i + 4));
    const __m256i bytes =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at)), _mm_loadu_si128(four_on), 1);
    const __m256i folded = _mm256_or_si256(_mm256_shuffle_epi8(bytes, stretches), fold_all);
    const __m256i hash = _mm256_mullo_epi32(folded, mix);
    const __m256i next = _mm256_and_si256(_mm256_shuffle_epi8(bytes, nexts), low4);
    const __m256i word =
        _mm256_i32gather_epi32(reinterpret_cast<const int*>(words_.data()), _mm256_srl_epi32(hash, shift), 4);
    const __m256i both = _mm256_and_si256(_mm256_sllv_epi32(word, _mm256_and_si256(hash, low4)),
                                          _mm256_sllv_epi32(word, _mm256_add_epi32(next, sixteen)));
    out |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(both)))} << i;
  }
  return out;
}
namespace {
bool has_wide_lookup() { return __builtin_cpu_supports("avx2") != 0; }
}  // namespace
#else
std::uint64_t LiteralIndex::candidates_wide(const unsigned char* group) const { return candidates_plain(group); }
namespace {
bool has_wide_lookup() { return false; }
}  // namespace
#endif

LiteralIndex::LiteralIndex(std::span<const PlainLiteral> literals, Lookup lookup) {
  std::size_t entries = 0, bytes = 0;
  for (const PlainLiteral& literal : literals) {
    entries += entries_for(literal.bytes.size());
    bytes += literal.bytes.size();
  }
  const auto wanted_bits = static_cast<unsigned>(std::bit_width(entries * kBitsPerEntry / 32));
  const unsigned word_bits = std::clamp(wanted_bits, kLeastWordBits, kMostWordBits);
  words_.resize(std::size_t{1} << word_bits);
  word_shift_ = 32 - word_bits;
  wide_ = lookup == Lookup::best && has_wide_lookup();
  const unsigned bucket_bits = std::clamp(static_cast<unsigned>(std::bit_width(literals.size() * kStep / 4)), 4U, 20U);
  bucket_shift_ = 32 - bucket_bits;
  Chooser chooser{std::vector<std::uint8_t>(std::size_t{1} << bucket_bits), bucket_shift_};
  std::vector<std::pair<std::uint32_t, Place>> placed;  // with its bucket
  std::vector<std::pair<std::uint32_t, std::uint32_t>> shorts;
  placed.reserve(kStep * literals.size());
  texts_.reserve(literals.size());
  all_.reserve(bytes);
  for (const PlainLiteral& literal : literals) {
    const auto text = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back({static_cast<std::uint32_t>(all_.size()), static_cast<std::uint32_t>(literal.bytes.size()),
                      literal.id, literal.ignore_case});
    for (const char c : literal.bytes) {
      const auto byte = static_cast<unsigned char>(c);
      all_.push_back(static_cast<char>(literal.ignore_case ? lower(byte) : byte));
    }
    const std::string folds = fold(literal.bytes);
    if (folds.size() < kLongBytes) {
      add_short(folds);
      shorts.emplace_back(short_of(folds.data()), text);
      continue;
    }
    const std::size_t first = chooser.choose(folds);
    for (std::size_t at = first; at < first + kStep; ++at) {
      const std::uint32_t hash = hash_of(folds.data() + at);
      mark(std::string_view(folds).substr(at, kStretch + 1));
      placed.push_back({hash >> bucket_shift_, place_of(text, folds, at)});
    }
  }
  sort_in(placed, shorts);
}

// `stretch`: four bytes, or five where the next one is known.
void LiteralIndex::mark(std::string_view stretch) {
  const std::uint32_t hash = hash_of(stretch.data());
  const bool known = stretch.size() > kStretch;
  const std::uint32_t next = known ? 0x8000U >> (static_cast<unsigned char>(stretch[kStretch]) & 15U) : 0xffffU;
  words_[hash >> word_shift_] |= 0x8000'0000U >> (hash & 15) | next;
}

LiteralIndex::Place LiteralIndex::place_of(std::uint32_t text, const std::string& folds, std::size_t at) {
  // The middle one of a text of six bytes has but one byte on either side; it takes one of its own along.
  const std::size_t room = folds.size() - at;
  const int beside_at = room >= kStretch + 2 ? static_cast<int>(kStretch) : at >= 2 ? -2 : static_cast<int>(room) - 2;
  const char* const beside = folds.data() + at + beside_at;
  return {text, pair_of(beside), static_cast<std::int8_t>(beside_at), static_cast<std::uint8_t>(at)};
}

// A short text may begin one byte before a sample, on it, or one byte after it.
void LiteralIndex::add_short(const std::string& folds) {
  const auto fill = [this](std::string stretch, auto& self) -> void {
    if (stretch.size() >= kStretch) return mark(stretch);
    for_each_folded([&](char any) { self(stretch + any, self); });
  };
  fill(folds.substr(1, kStretch + 1), fill);
  fill(folds.substr(0, kStretch + 1), fill);
  for_each_folded([&](char any) { fill(any + folds.substr(0, kStretch), fill); });
}

void LiteralIndex::sort_in(std::vector<std::pair<std::uint32_t, Place>>& placed,
                           std::vector<std::pair<std::uint32_t, std::uint32_t>>& shorts) {
  const auto group = [](auto& pairs, std::size_t groups, auto& begins, auto& out) {
    begins.assign(groups + 1, 0);
    for (const auto& [key, value] : pairs) ++begins[key + 1];
    for (std::size_t i = 0; i < groups; ++i) begins[i + 1] += begins[i];
    out.resize(pairs.size());
    std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
    for (const auto& [key, value] : pairs) out[next[key]++] = value;
  };
  group(placed, std::size_t{1} << (32 - bucket_shift_), bucket_begins_, places_);
  if (!shorts.empty()) group(shorts, std::size_t{1} << kShortBits, short_begins_, short_texts_);
}

std::size_t LiteralIndex::bytes() const {
  return all_.size() + texts_.size() * sizeof(Text) + places_.size() * sizeof(Place) +
         4 * (words_.size() + bucket_begins_.size() + short_begins_.size() + short_texts_.size());
}

LiteralScan::LiteralScan(const LiteralIndex& index, std::span<const std::byte> block, std::vector<Match>& pending,
                         OnMatch on_match, void* context)
    : index_(index),
      block_(reinterpret_cast<const unsigned char*>(block.data())),
      size_(block.size()),
      pending_(pending),
      on_match_(on_match),
      context_(context) {
  pending_.clear();
}

void LiteralScan::run_to(std::size_t end) {
  if (index_.empty()) return;
  // A text that is found from a sample on ends two bytes after it, at the least.
  while (next_ < end && next_ < size_) {
    report_to(next_ + 1);
    size_ - next_ >= kGroupBytes + kGroupPad ? look_at_groups() : look_at_rest();
  }
  report_to(end);
}

// Some groups at a time, so that what the check of one candidate waits for comes while the others are looked at.
void LiteralScan::look_at_groups() {
  std::array<std::size_t, kGroupsTogether * kGroup> samples;
  std::size_t count = 0;
  for (std::size_t group = 0; group < kGroupsTogether && size_ - next_ >= kGroupBytes + kGroupPad; ++group) {
    for (std::uint64_t bits = index_.candidates(block_ + next_); bits != 0; bits &= bits - 1) {
      const std::size_t at = next_ + kStep * static_cast<std::size_t>(std::countr_zero(bits));
      __builtin_prefetch(&index_.bucket_begins_[hash_of(block_ + at) >> index_.bucket_shift_]);
      samples[count++] = at;
    }
    next_ += kGroupBytes;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bucket = hash_of(block_ + samples[i]) >> index_.bucket_shift_;
    __builtin_prefetch(index_.places_.data() + index_.bucket_begins_[bucket]);
  }
  for (std::size_t i = 0; i < count; ++i) check(samples[i]);
}

// What is left of the block, with zeros behind it, so that a short text at its end has a stretch.
void LiteralScan::look_at_rest() {
  std::array<unsigned char, 2 * kGroupBytes + 2 * kGroupPad> copy{};
  const std::size_t at = std::exchange(next_, size_), left = size_ - at;
  std::memcpy(copy.data(), block_ + at, left);
  for (std::size_t done = 0; done < left; done += kGroupBytes) {
    std::uint64_t candidates = index_.candidates(copy.data() + done);
    for (; candidates != 0; candidates &= candidates - 1) {
      const std::size_t sample = done + kStep * static_cast<std::size_t>(std::countr_zero(candidates));
      if (sample < left) check(at + sample);
    }
  }
}

void LiteralScan::check(std::size_t at) {
  if (size_ - at >= kStretch) {
    const std::uint32_t bucket = hash_of(block_ + at) >> index_.bucket_shift_;
    const std::uint32_t end = index_.bucket_begins_[bucket + 1];
    for (std::uint32_t i = index_.bucket_begins_[bucket]; i < end; ++i) {
      const LiteralIndex::Place& place = index_.places_[i];
      const std::size_t beside_end = at + static_cast<std::size_t>(place.beside_at + 2);
      if (at < place.offset || beside_end > size_) continue;  // the text would not fit into the block
      if (pair_of(block_ + beside_end - 2) == place.beside) check_text(index_.texts_[place.text], at - place.offset);
    }
  }
  if (index_.short_texts_.empty()) return;
  if (at > 0) check_shorts(at - 1);
  check_shorts(at);
  check_shorts(at + 1);
}

void LiteralScan::check_shorts(std::size_t begin) {
  if (begin + LiteralIndex::kLeastBytes > size_) return;
  const std::uint32_t key = short_of(block_ + begin);
  for (std::uint32_t i = index_.short_begins_[key]; i < index_.short_begins_[key + 1]; ++i) {
    check_text(index_.texts_[index_.short_texts_[i]], begin);
  }
}

void LiteralScan::check_text(const LiteralIndex::Text& text, std::size_t begin) {
  if (text.bytes > size_ - begin) return;
  const char* const wanted = index_.all_.data() + text.begin;
  const unsigned char* const there = block_ + begin;
  if (text.ignore_case) {
    for (std::size_t i = 0; i < text.bytes; ++i) {
      if (lower(there[i]) != static_cast<unsigned char>(wanted[i])) return;
    }
  } else if (std::memcmp(there, wanted, text.bytes) != 0) {
    return;
  }
  const Match match{begin + text.bytes, text.id};
  const auto after = std::upper_bound(pending_.begin(), pending_.end(), match,
                                      [](const Match& a, const Match& b) { return a.to < b.to; });
  pending_.insert(after, match);
}

void LiteralScan::report_to(std::size_t end) {
  std::size_t reported = 0;
  while (reported < pending_.size() && pending_[reported].to <= end) {
    on_match_(context_, pending_[reported].id, 0, pending_[reported].to);
    ++reported;
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(reported));
}

}  // namespace ambit
