#include "pipeline/read_ahead.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "pipeline/limits_unpack.h"
#include "tests/evidence.h"

namespace ambit::read_ahead_test {
namespace {

// Gives its bytes in pieces of any size, and then what it was told to.
class Pieces final : public ByteStream {
 public:
  enum class End { plain, error, thrown };
  Pieces(std::string bytes, End end) : bytes_(std::move(bytes)), end_(end) {}
  Result<std::size_t> read(std::span<std::byte> into) override {
    const std::size_t count = std::min({into.size(), bytes_.size() - at_, 1 + at_ * 7919 % 70'000});
    std::copy_n(reinterpret_cast<const std::byte*>(bytes_.data()) + at_, count, into.begin());
    at_ += count;
    if (count > 0) return count;
    if (end_ == End::thrown) throw std::runtime_error("thrown");
    if (end_ == End::error) return Error{ErrorKind::evidence, "damaged", "", ""};
    return std::size_t{0};
  }

 private:
  const std::string bytes_;
  const End end_;
  std::size_t at_ = 0;
};

// All that comes before the end, or before an error.
std::string read_all(ByteStream& stream, std::string& error) {
  std::string out;
  std::vector<std::byte> into(33'333);
  for (;;) {
    const Result<std::size_t> got = stream.read(std::span(into).first(1 + out.size() % into.size()));
    if (!got.ok()) error = got.error().what;
    if (!got.ok() || *got == 0) return out;
    out.append(reinterpret_cast<const char*>(into.data()), *got);
  }
}

TEST(ReadAhead, gives_what_the_stream_gives_and_ends_as_it_does) {
  constexpr std::size_t kPiece = limits::kAheadBytes / 4;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kPiece, kPiece + 1, limits::kAheadBytes, 3 * limits::kAheadBytes + 12'345}) {
    const std::string bytes = test::noise(7, size);
    for (const auto end : {Pieces::End::plain, Pieces::End::error}) {
      Pieces pieces(bytes, end);
      const auto ahead = read_ahead(pieces);
      std::string error;
      EXPECT_TRUE(read_all(*ahead, error) == bytes) << size;
      EXPECT_EQ(error, end == Pieces::End::error ? "damaged" : "");
      std::byte one;
      EXPECT_EQ(ahead->read({&one, 1}).ok(), end == Pieces::End::plain) << "it stays at its end";
    }
  }
}

TEST(ReadAhead, throws_what_reading_threw_behind_what_came_before) {
  const std::string bytes = test::noise(8, limits::kAheadBytes + 5);
  Pieces pieces(bytes, Pieces::End::thrown);
  const auto ahead = read_ahead(pieces);
  std::vector<std::byte> into(bytes.size());
  for (std::size_t had = 0; had < bytes.size();) {
    const Result<std::size_t> got = ahead->read(std::span(into).subspan(had));
    ASSERT_TRUE(got.ok());
    ASSERT_GT(*got, 0U);
    had += *got;
  }
  EXPECT_TRUE(std::equal(into.begin(), into.end(), reinterpret_cast<const std::byte*>(bytes.data())));
  EXPECT_THROW(static_cast<void>(ahead->read(into)), std::runtime_error);
}

TEST(ReadAhead, can_be_left_at_any_place) {
  for (const std::size_t taken : {std::size_t{0}, std::size_t{1}, limits::kAheadBytes / 2, 2 * limits::kAheadBytes}) {
    Pieces pieces(test::noise(9, 5 * limits::kAheadBytes), Pieces::End::plain);
    const auto ahead = read_ahead(pieces);
    std::vector<std::byte> into(4'096);
    for (std::size_t had = 0; had < taken;) had += *ahead->read(into);
  }
}

}  // namespace
}  // namespace ambit::read_ahead_test
