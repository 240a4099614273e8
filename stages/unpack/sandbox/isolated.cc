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
  [[nodiscard]] bool give_bytes(const Message& wish);

  const Packed packed_;
  std::unique_ptr<Sandbox> sandbox_;
  std::vector<std::byte> buffer_, fetched_;
  std::optional<Error> failure_;  // nothing more comes
};

Isolated::~Isolated() {
  if (!failure_ && !sandbox_->is_free() && sandbox_->send({.type = Type::close})) {
    // What it says now is of no interest, that it ends is.
    static_cast<void>(sandbox_->receive(buffer_));
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
  failure_ = Error{ErrorKind::crashed, "a decoder died", {}, {}};  // until it answers
  if (!sandbox_->send(wish, payload)) return *failure_;
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

Result<> Isolated::begin(Format format) {
  Message order{.type = Type::open};
  order.numbers = {static_cast<std::uint64_t>(format), packed_.size, packed_.content != nullptr ? 1U : 0U, 0};
  const std::string_view name = packed_.file_name.substr(0, limits::kMaxPartNameBytes);
  const Result<Message> opened = ask(order, Type::opened, Type::opened, std::as_bytes(std::span(name)));
  return opened.ok() ? Result<>(Ok{}) : Result<>(opened.error());
}

Result<std::optional<Part>> Isolated::next() {
  const Result<Message> message = ask({.type = Type::next}, Type::part, Type::no_more);
  if (!message.ok()) return message.error();
  if (message->type == Type::no_more) return std::optional<Part>();
  const std::size_t name = std::min<std::size_t>(message->payload, limits::kMaxPartNameBytes);
  std::optional<Part> part = to_part(*message, std::string(chars(std::span(buffer_).first(name))));
  if (!part) return *(failure_ = Error{ErrorKind::crashed, "a decoder says what no decoder says", {}, {}});
  return part;
}

Result<std::size_t> Isolated::read(std::span<std::byte> into) {
  Message wish{.type = Type::read};
  wish.numbers[0] = std::min(into.size(), kMostPayload);
  const Result<Message> message = ask(wish, Type::given, Type::given);
  if (!message.ok()) return message.error();
  const std::size_t count = std::min<std::size_t>(message->payload, into.size());
  std::copy_n(buffer_.begin(), count, into.begin());
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
