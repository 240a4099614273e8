// The index of literals against the plainest way to look for them.
#include "pipeline/literals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>

namespace ambit::literals_test {
namespace {

struct Wanted {
  std::string bytes;
  bool ignore_case = false;
};
using Found = std::vector<std::pair<std::size_t, std::uint32_t>>;  // end, id

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

Found plainly(const std::vector<Wanted>& all, const std::string& text) {
  Found out;
  for (std::uint32_t id = 0; id < all.size(); ++id) {
    const auto same = [&](char a, char b) { return all[id].ignore_case ? lower(a) == lower(b) : a == b; };
    for (auto at = text.begin(); text.end() - at >= std::ssize(all[id].bytes); ++at) {
      if (!std::equal(all[id].bytes.begin(), all[id].bytes.end(), at, same)) continue;
      out.emplace_back(at - text.begin() + std::ssize(all[id].bytes), id);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

Found by_index(const std::vector<Wanted>& all, const std::string& text, LiteralIndex::Lookup lookup) {
  std::vector<PlainLiteral> literals;
  for (std::uint32_t id = 0; id < all.size(); ++id) literals.push_back({all[id].bytes, id, all[id].ignore_case});
  const LiteralIndex index(literals, lookup);
  std::vector<LiteralScan::Match> pending;
  Found out;
  LiteralScan scan(
      index, std::as_bytes(std::span(text)), pending,
      [](void* context, std::uint32_t id, std::uint64_t, std::uint64_t to) {
        static_cast<Found*>(context)->emplace_back(to, id);
      },
      &out);
  for (std::size_t end = 0; end < text.size(); end += 97) scan.run_to(end);
  scan.run_to(text.size());
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end(), [](auto& a, auto& b) { return a.first < b.first; }));
  std::sort(out.begin(), out.end());
  return out;
}

Found by_index(const std::vector<Wanted>& all, const std::string& text) {
  Found best = by_index(all, text, LiteralIndex::Lookup::best);
  EXPECT_EQ(best, by_index(all, text, LiteralIndex::Lookup::plain));
  return best;
}

std::string random_text(std::mt19937& random, std::size_t bytes, std::string_view alphabet) {
  std::string out(bytes, '\0');
  for (char& c : out) c = alphabet[random() % alphabet.size()];
  return out;
}

// A small alphabet, so that everything overlaps; zeros, high bytes and what folding mixes up are in it.
constexpr std::string_view kAlphabet("abAB@`\0 \x80\xa0", 10);

TEST(Literals, are_found_wherever_they_stand_whatever_their_length) {
  std::mt19937 random(1);
  for (int round = 0; round < 40; ++round) {
    const std::string text = random_text(random, random() % 700, kAlphabet.substr(0, 2 + random() % 9));
    std::vector<Wanted> all;
    for (int i = 0; i < 12; ++i) {
      const std::size_t bytes = 3 + random() % (i % 4 == 0 ? 40 : 7);
      const bool ours = text.size() > bytes && i % 3 != 0;
      const std::string wanted =
          ours ? text.substr(random() % (text.size() - bytes), bytes) : random_text(random, bytes, kAlphabet);
      const bool ignore_case = i % 2 == 0;
      std::string spelled = wanted;
      if (ignore_case && i % 4 == 0) std::transform(spelled.begin(), spelled.end(), spelled.begin(), lower);
      all.push_back({spelled, ignore_case});
    }
    ASSERT_EQ(by_index(all, text), plainly(all, text)) << "round " << round;
  }
}

TEST(Literals, are_found_at_both_ends_and_at_every_shift) {
  for (const std::string wanted : {"abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefghijklmnop"}) {
    for (std::size_t shift = 0; shift < 420; shift += shift < 20 || (shift > 180 && shift < 215) ? 1 : 9) {
      const std::string text = std::string(shift, '.') + wanted;
      ASSERT_EQ(by_index({{wanted, true}}, text), (Found{{text.size(), 0}})) << wanted << " at " << shift;
    }
  }
}

TEST(Literals, that_share_everything_but_their_ends_are_told_apart) {
  std::vector<Wanted> all;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) all.push_back({std::string("@gmail.com") + a + b, false});
  }
  std::string text;
  for (const Wanted& wanted : all) text += wanted.bytes + " " + wanted.bytes.substr(1);
  EXPECT_EQ(by_index(all, text), plainly(all, text));
}

}  // namespace
}  // namespace ambit::literals_test
