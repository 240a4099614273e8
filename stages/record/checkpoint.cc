#include "stages/record/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "pipeline/locator.h"

namespace ambit::record {
namespace {

void line(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append(": ").append(value).append("\n");
}

// Reads "key: value" lines in the order in which they are written. The first thing that is not as expected stops
// it: what follows reads as nothing.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at(std::string_view key) const {
    return good_ && rest_.starts_with(key) && rest_.substr(key.size()).starts_with(": ");
  }
  std::string_view value(std::string_view key) {
    const std::size_t end = rest_.find('\n');
    if (!at(key) || end == std::string_view::npos) return stop();
    const std::string_view out = rest_.substr(key.size() + 2, end - key.size() - 2);
    rest_.remove_prefix(end + 1);
    ++line_;
    return out;
  }
  // The part of `value` before the next space, which is taken off.
  std::string_view word(std::string_view& value) {
    const std::size_t end = std::min(value.find(' '), value.size());
    const std::string_view out = value.substr(0, end);
    value.remove_prefix(std::min(end + 1, value.size()));
    return out;
  }
  std::uint64_t number(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc{} || end != text.data() + text.size()) stop();
    return out;
  }
  template <std::size_t N>
  std::array<std::uint8_t, N> bytes(std::string_view text) {
    std::array<std::uint8_t, N> out{};
    if (!from_hex(text, out)) stop();
    return out;
  }
  void expect(bool truth) {
    if (!truth) stop();
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::size_t line_number() const { return line_; }

 private:
  std::string_view stop() {
    good_ = false;
    return {};
  }
  std::string_view rest_;
  std::size_t line_ = 1;
  bool good_ = true;
};

void read_lists(Reader& in, Checkpoint& out) {
  while (in.at("exhibit")) {
    std::string_view value = in.value("exhibit");
    CheckpointExhibit exhibit;
    exhibit.bytes = in.number(in.word(value));
    if (const std::string_view digest = in.word(value); digest != "-") exhibit.sha256 = in.bytes<32>(digest);
    exhibit.kind = in.word(value);
    std::replace(exhibit.kind.begin(), exhibit.kind.end(), '_', ' ');
    exhibit.name = value;
    out.exhibits.push_back(std::move(exhibit));
  }
  out.index_leaves = in.number(in.value("index_leaves"));
  out.index_root = in.bytes<32>(in.value("index_root"));
  out.ledger_leaves = in.number(in.value("ledger_leaves"));
  out.ledger_root = in.bytes<32>(in.value("ledger_root"));
  for (std::size_t i = 0; i < kDispositions; ++i) {
    std::string_view value = in.value("items");
    in.expect(in.word(value) == kDispositionNames[i]);
    out.totals[i].items = in.number(in.word(value));
    out.totals[i].bytes = in.number(value);
  }
  while (in.at("file")) {
    std::string_view value = in.value("file");
    CheckpointFile file;
    file.digest.bytes = in.number(in.word(value));
    file.digest.sha256 = in.bytes<32>(in.word(value));
    file.path = value;
    out.files.push_back(std::move(file));
  }
}

}  // namespace

std::string signed_text(const Checkpoint& checkpoint, const CaseKey& key) {
  std::string out;
  line(out, "ambit-checkpoint", std::to_string(kCheckpointVersion));
  line(out, "order_id", printable(checkpoint.order_id));
  line(out, "order_sha256", checkpoint.order_sha256);
  line(out, "detectors_sha256", checkpoint.detectors_sha256);
  line(out, "tool_version", checkpoint.tool_version);
  for (const CheckpointExhibit& exhibit : checkpoint.exhibits) {
    std::string kind = exhibit.kind;
    std::replace(kind.begin(), kind.end(), ' ', '_');
    const std::string digest = exhibit.sha256 ? to_hex(*exhibit.sha256) : "-";
    line(out, "exhibit", std::to_string(exhibit.bytes) + " " + digest + " " + kind + " " + exhibit.name);
  }
  line(out, "index_leaves", std::to_string(checkpoint.index_leaves));
  line(out, "index_root", to_hex(checkpoint.index_root));
  line(out, "ledger_leaves", std::to_string(checkpoint.ledger_leaves));
  line(out, "ledger_root", to_hex(checkpoint.ledger_root));
  for (std::size_t i = 0; i < kDispositions; ++i) {
    const DispositionTotal& total = checkpoint.totals[i];
    line(out, "items",
         std::string(kDispositionNames[i]) + " " + std::to_string(total.items) + " " + std::to_string(total.bytes));
  }
  for (const CheckpointFile& file : checkpoint.files) {
    line(out, "file", std::to_string(file.digest.bytes) + " " + to_hex(file.digest.sha256) + " " + file.path);
  }
  line(out, "public_key", to_hex(key.public_key()));
  line(out, "signature", to_hex(key.sign(out)));
  return out;
}

Result<Checkpoint> read_checkpoint(std::string_view text) {
  Reader in(text);
  Checkpoint out;
  in.expect(in.number(in.value("ambit-checkpoint")) == kCheckpointVersion);
  out.order_id = in.value("order_id");
  out.order_sha256 = in.value("order_sha256");
  out.detectors_sha256 = in.value("detectors_sha256");
  out.tool_version = in.value("tool_version");
  read_lists(in, out);
  out.public_key = in.bytes<32>(in.value("public_key"));
  const std::string_view body = text.substr(0, text.size() - in.rest().size());
  const Signature signature = in.bytes<64>(in.value("signature"));
  in.expect(in.rest().empty());
  if (!in.good()) {
    return Error{ErrorKind::tampered, "the checkpoint is not readable at line " + std::to_string(in.line_number()),
                 "checkpoint.txt", ""};
  }
  if (!verify_signature(body, signature, out.public_key)) {
    return Error{ErrorKind::tampered, "the checkpoint's signature does not fit its text", "checkpoint.txt", ""};
  }
  return out;
}

}  // namespace ambit::record
