// What kind/unopened.h tells apart. That nothing opens it is told first; then what stands in it as it is (a stored
// archive, a value of a database) is looked for as in any other bytes.
#include "stages/unpack/formats.h"

namespace ambit::unpack {
namespace {

class Unopened final : public Unpacker {
 public:
  explicit Unopened(std::unique_ptr<Unpacker> embedded) : embedded_(std::move(embedded)) {}

  Result<std::optional<Part>> next() override {
    if (is_told_) return embedded_->next();
    is_told_ = true;
    Part part;
    part.is = Part::Is::view;
    part.trouble = WalkTrouble::unsupported;
    return std::optional(std::move(part));
  }
  Result<std::size_t> read(std::span<std::byte> into) override { return embedded_->read(into); }
  [[nodiscard]] std::uint64_t written_until() const override { return embedded_->written_until(); }

 private:
  const std::unique_ptr<Unpacker> embedded_;
  bool is_told_ = false;
};

}  // namespace

Opened open_unopened(const Packed& packed) {
  Opened embedded = open_embedded(packed);
  if (!embedded.ok()) return embedded.error();
  return Opened(std::make_unique<Unopened>(std::move(embedded).value()));
}

}  // namespace ambit::unpack
