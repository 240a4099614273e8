#include "stages/unpack/sandbox/isolated.h"

#include <algorithm>
#include <vector>

#include "pipeline/limits_unpack.h"
#include "stages/unpack/input.h"
#include "stages/unpack/sandbox/part.h"
#include "stages/unpack/sandbox/sandbox.h"

namespace ambit::unpack {
namespace {

using Type = Message::Type;

class Isolated final : public Unpacker {
 public:
  Isolated(const Packed& packed, std::unique_ptr<Sandbox> sandbox)
      : packed_(packed), sandbox_(std::move(sandbox)), buffer_(kMostPayload) {}
  ~Isolated() override;
  [[nodiscard]] Result<> begin(Format format);
  Result<std::optional<Part>> next() override;
  Result<std::size_t> read(std::span<std::byte> into) override;

 private:
  // The answer to `wish`, of one of these types or `failed`, which is an Error then; payload in buffer_.
  [[nodiscard]] Result<Message> ask(const Message& wish, Type expected, Type or_else,
                                    std::span<const std::byte> payload = {});
  // The next message of these types or `failed`, likewise; what it fetches until then is given to it.
  [[nodiscard]] Result<Message> await(Type expected, Type or_else);
  [[nodiscard]] bool give_bytes(const Message& wish);
  // The next bytes of a turn that is not over, into held_.
  [[nodiscard]] Result<> take_bytes();
  [[nodiscard]] std::size_t read_first();

  const Packed packed_;
  std::unique_ptr<Sandbox> sandbox_;
  std::vector<std::byte> buffer_, fetched_;
  std::span<const std::byte> held_;  // in buffer_: of the part, not asked for yet
  std::size_t turn_bytes_ = 0;       // of the turn under way
  bool is_coming_ = false;           // a turn is under way
  bool is_whole_ = true;             // no more comes of this part
  std::optional<Error> failure_;     // nothing more comes
};

Isolated::~Isolated() {
  if (!failure_ && !sandbox_->is_free() && sandbox_->send({.type = Type::close})) {
    // What it says now is of no interest, that it ends is.
    for (;;) {
      const Result<Message> message = sandbox_->receive(buffer_);
      if (!message.ok() || message->type == Type::ended) break;
    }
  }
  packed_.sandboxes->give_back(std::move(sandbox_));
}

// False: it asks for what nobody may ask for.
bool Isolated::give_bytes(const Message& wish) {
  if (wish.numbers[1] == 0 || wish.numbers[1] > kMostPayload) return false;
  fetched_.resize(static_cast<std::size_t>(wish.numbers[1]));
  const bool next = wish.numbers[0] == kNext;
  if (!next && packed_.content == nullptr) return false;
  const Result<std::size_t> got =
      next ? packed_.stream->read(fetched_) : packed_.content->read_at(wish.numbers[0], fetched_);
  Message answer{.type = Type::bytes};
  answer.flags[0] = got.ok() ? 0 : 1;
  return sandbox_->send(answer, std::span(fetched_).first(got.ok() ? *got : 0));
}

Result<Message> Isolated::ask(const Message& wish, Type expected, Type or_else, std::span<const std::byte> payload) {
  if (failure_) return *failure_;
  if (!sandbox_->send(wish, payload)) return *(failure_ = decoder_died());
  return await(expected, or_else);
}

Result<Message> Isolated::await(Type expected, Type or_else) {
  failure_ = decoder_died();  // until it answers
  for (;;) {
    const Result<Message> message = sandbox_->receive(buffer_);
    if (!message.ok()) failure_ = message.error();
    if (!message.ok()) return *failure_;
    if (message->type == Type::fetch) {
      if (!give_bytes(*message)) return *failure_;
      continue;
    }
    if (message->type == Type::failed) {
      // The decoder is well: it says that the object is not.
      failure_.reset();
      const bool io = message->numbers[0] == static_cast<std::uint64_t>(ErrorKind::io);
      return Error{io ? ErrorKind::io : ErrorKind::evidence, "what is packed is damaged", {}, {}};
    }
    if (message->type != expected && message->type != or_else) return *failure_;
    failure_.reset();
    return message;
  }
}

// A small object goes along whole: bytes that were sent, 0 where it has to ask for them.
std::size_t Isolated::read_first() {
  if (packed_.content == nullptr || packed_.size > kMostPayload) return 0;
  fetched_.resize(static_cast<std::size_t>(packed_.size));
  std::size_t done = 0;
  while (done < fetched_.size()) {
    const Result<std::size_t> got = packed_.content->read_at(done, std::span(fetched_).subspan(done));
    if (!got.ok() || *got == 0) return 0;
    done += *got;
  }
  return done;
}

Result<> Isolated::begin(Format format) {
  const std::size_t first = read_first();
  Message order{.type = Type::open};
  order.numbers = {static_cast<std::uint64_t>(format), packed_.size, packed_.content != nullptr ? 1U : 0U, first};
  const std::string_view name = packed_.file_name.substr(0, limits::kMaxPartNameBytes);
  if (!sandbox_->send(order, std::as_bytes(std::span(name)))) return decoder_died();
  if (first > 0 && !sandbox_->send({.type = Type::bytes}, fetched_)) return decoder_died();
  const Result<Message> opened = await(Type::opened, Type::opened);
  return opened.ok() ? Result<>(Ok{}) : Result<>(opened.error());
}

Result<std::optional<Part>> Isolated::next() {
  while (is_coming_) {
    if (const Result<> skipped = take_bytes(); !skipped.ok() && failure_) return *failure_;
  }
  held_ = {};
  const Result<Message> message = ask({.type = Type::next}, Type::part, Type::no_more);
  if (!message.ok()) return message.error();
  is_whole_ = true;
  if (message->type == Type::no_more) return std::optional<Part>();
  const std::size_t name = std::min<std::size_t>(message->payload, limits::kMaxPartNameBytes);
  std::optional<Part> part = to_part(*message, std::string(chars(std::span(buffer_).first(name))));
  if (!part) return *(failure_ = Error{ErrorKind::crashed, "a decoder says what no decoder says", {}, {}});
  is_coming_ = part->trouble == WalkTrouble::none;
  turn_bytes_ = 0;
  is_whole_ = !is_coming_;
  return part;
}

Result<> Isolated::take_bytes() {
  is_coming_ = false;
  is_whole_ = true;
  const Result<Message> given = await(Type::given, Type::given);
  if (!given.ok()) return given.error();
  held_ = std::span(buffer_).first(std::min<std::size_t>(given->payload, buffer_.size()));
  const bool is_last = given->flags[0] == static_cast<std::uint8_t>(Message::Turn::was_last);
  // Neither nothing again and again nor a turn without an end.
  turn_bytes_ += held_.size();
  if (held_.empty() != is_last || turn_bytes_ > 2 * kMostPayload) {
    return *(failure_ = Error{ErrorKind::crashed, "a decoder says what no decoder says", {}, {}});
  }
  is_coming_ = given->flags[0] == static_cast<std::uint8_t>(Message::Turn::goes_on);
  is_whole_ = is_last;
  if (!is_coming_) turn_bytes_ = 0;
  return {};
}

Result<std::size_t> Isolated::read(std::span<std::byte> into) {
  if (failure_) return *failure_;
  while (held_.empty() && !is_whole_) {
    if (!is_coming_ && !sandbox_->send({.type = Type::read})) { return *(failure_ = decoder_died()); }
    if (const Result<> taken = take_bytes(); !taken.ok()) return taken.error();
    // The next turn is asked for before this one was looked at: it comes meanwhile.
    if (!is_coming_ && !is_whole_) is_coming_ = sandbox_->send({.type = Type::read});
  }
  const std::size_t count = std::min(held_.size(), into.size());
  std::copy_n(held_.begin(), count, into.begin());
  held_ = held_.subspan(count);
  return count;
}

}  // namespace

Opened open_isolated(Format format, const Packed& packed) {
  Result<std::unique_ptr<Sandbox>> sandbox = packed.sandboxes->take();
  if (!sandbox.ok()) return sandbox.error();
  auto opened = std::make_unique<Isolated>(packed, std::move(sandbox).value());
  const Result<> begun = opened->begin(format);
  if (!begun.ok()) return begun.error();
  return Opened(std::move(opened));
}

}  // namespace ambit::unpack
