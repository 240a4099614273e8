#include "stages/unpack/kind/kind.h"

#include <algorithm>
#include <array>
#include <string>

#include "pipeline/ascii.h"
#include "stages/unpack/kind/signatures.h"
#include "stages/unpack/kind/text.h"

namespace ambit {
namespace {

using namespace std::string_view_literals;

struct ByName {
  std::string_view extension;
  Kind kind;
};
// Formats that wear another's signature: packages in ZIP, everything that lives in OLE.
constexpr std::array kPackages = {
    ByName{"docm"sv, Kind::document},    ByName{"docx"sv, Kind::document},    ByName{"dotx"sv, Kind::document},
    ByName{"epub"sv, Kind::document},    ByName{"key"sv, Kind::document},     ByName{"numbers"sv, Kind::spreadsheet},
    ByName{"odg"sv, Kind::document},     ByName{"odp"sv, Kind::document},     ByName{"ods"sv, Kind::spreadsheet},
    ByName{"odt"sv, Kind::document},     ByName{"pages"sv, Kind::document},   ByName{"pptm"sv, Kind::document},
    ByName{"pptx"sv, Kind::document},    ByName{"vsdx"sv, Kind::document},    ByName{"xlsb"sv, Kind::spreadsheet},
    ByName{"xlsm"sv, Kind::spreadsheet}, ByName{"xlsx"sv, Kind::spreadsheet}, ByName{"xltx"sv, Kind::spreadsheet},
    ByName{"xps"sv, Kind::document}};
constexpr std::array kInOle = {ByName{"db"sv, Kind::database},     ByName{"msg"sv, Kind::mail},
                               ByName{"msi"sv, Kind::executable},  ByName{"xla"sv, Kind::spreadsheet},
                               ByName{"xls"sv, Kind::spreadsheet}, ByName{"xlt"sv, Kind::spreadsheet}};
// Formats whose first bytes say nothing: what tells them stands at the end, far in, or nowhere.
constexpr std::array kSilent = {
    ByName{"aes"sv, Kind::encrypted},  ByName{"dd"sv, Kind::disk_image},  ByName{"dmg"sv, Kind::disk_image},
    ByName{"gpg"sv, Kind::encrypted},  ByName{"hc"sv, Kind::encrypted},   ByName{"ibd"sv, Kind::database},
    ByName{"img"sv, Kind::disk_image}, ByName{"iso"sv, Kind::disk_image}, ByName{"mdf"sv, Kind::database},
    ByName{"myd"sv, Kind::database},   ByName{"myi"sv, Kind::database},   ByName{"p12"sv, Kind::key},
    ByName{"pfx"sv, Kind::key},        ByName{"pgp"sv, Kind::encrypted},  ByName{"tc"sv, Kind::encrypted},
    ByName{"vhd"sv, Kind::disk_image}, ByName{"vmdk"sv, Kind::disk_image}};

template <std::size_t N>
Kind named(const std::array<ByName, N>& rows, std::string_view extension, Kind otherwise) {
  const auto row = std::lower_bound(rows.begin(), rows.end(), extension,
                                    [](const ByName& r, std::string_view e) { return r.extension < e; });
  return row != rows.end() && row->extension == extension ? row->kind : otherwise;
}

constexpr std::size_t kLongestExtension = 8;

std::string lower_extension(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  if (dot == std::string_view::npos || file_name.size() - dot > kLongestExtension + 1) return {};
  return lowered(file_name.substr(dot + 1));
}

// A ZIP file says what it carries in the names of its first members.
Kind package(std::string_view head, std::string_view extension) {
  const auto has = [&](std::string_view words) { return head.find(words) != std::string_view::npos; };
  if (has("mimetypeapplication/")) return has("spreadsheet") ? Kind::spreadsheet : Kind::document;
  if (has("[Content_Types].xml") || has("_rels/.rels")) {
    if (has("xl/")) return Kind::spreadsheet;
    if (has("word/") || has("ppt/")) return Kind::document;
  }
  return named(kPackages, extension, Kind::archive);
}

}  // namespace

KindGuess guess_kind(std::span<const std::byte> first_bytes, std::string_view file_name, std::uint64_t size) {
  if (size == 0) return {Kind::empty, false};
  const std::size_t length = static_cast<std::size_t>(std::min<std::uint64_t>(size, kKindBytes));
  const std::string_view head(reinterpret_cast<const char*>(first_bytes.data()), std::min(first_bytes.size(), length));
  const std::string extension = lower_extension(file_name);
  const bool is_text = kinds::reads_as_text(head, head.size() < size);
  const Kind kind = kinds::by_signature(head, size, is_text);
  if (kind == Kind::archive && head.starts_with("PK")) return {package(head, extension), false};
  if (kind == Kind::document && head.starts_with("\xd0\xcf")) return {named(kInOle, extension, kind), false};
  if (kind == Kind::key || kind == Kind::encrypted || kind == Kind::mailbox) return {kind, is_text};
  if (kind != Kind::unknown) return {kind, false};
  if (is_text) return {kinds::kind_of_text(head, file_name, extension), true};
  if (const auto text = kinds::narrowed(head)) return {kinds::kind_of_text(*text, file_name, extension), true};
  return {named(kSilent, extension, Kind::binary), false};
}

}  // namespace ambit
