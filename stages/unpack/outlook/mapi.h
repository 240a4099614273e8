// The properties of MAPI (MS-OXPROPS) by number: what a message of Outlook consists of, whether it stands in a store
// (item.cc), in a compound file (ole/message.cc) or in a mail (tnef.cc).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace ambit::unpack {

enum class MapiType : std::uint16_t {
  integer = 0x03,
  object = 0x0d,
  text = 0x1e,       // in the code page of the message
  wide_text = 0x1f,  // UTF-16
  time = 0x40,       // units of 100 ns since 1601
  bytes = 0x102,
};
[[nodiscard]] constexpr bool is_text(MapiType type) { return type == MapiType::text || type == MapiType::wide_text; }

namespace mapi {
inline constexpr std::uint16_t kSubject = 0x0037, kSubmitted = 0x0039, kDelivered = 0x0e06, kHeaders = 0x007d;
inline constexpr std::uint16_t kSenderName = 0x0c1a, kSenderAddress = 0x0c1f, kSenderSmtp = 0x5d01;
inline constexpr std::uint16_t kBody = 0x1000, kRtf = 0x1009, kHtml = 0x1013, kMessageId = 0x1035;
inline constexpr std::uint16_t kDisplayName = 0x3001, kAttached = 0x3701, kMimeType = 0x370e;
inline constexpr std::uint16_t kShortFileName = 0x3704, kFileName = 0x3707;
inline constexpr std::uint16_t kCodePage = 0x3ffd, kInternetCodePage = 0x3fde;
}  // namespace mapi

struct MapiLabel {
  std::uint16_t id;
  std::string_view label;
};
// The texts that are shown with a word that says what they are, in the order in which they are shown: those of mail,
// then those of contacts.
inline constexpr std::array kMapiLabels = {
    MapiLabel{mapi::kSubject, "Subject"},
    MapiLabel{mapi::kSenderName, "From"},
    MapiLabel{mapi::kSenderAddress, "From"},
    MapiLabel{mapi::kSenderSmtp, "From"},
    MapiLabel{0x0042, "On behalf of"},
    MapiLabel{0x0065, "On behalf of"},
    MapiLabel{0x5d02, "On behalf of"},
    MapiLabel{0x0e04, "To"},
    MapiLabel{0x0e03, "Cc"},
    MapiLabel{0x0e02, "Bcc"},
    MapiLabel{0x0050, "Reply-To"},
    MapiLabel{mapi::kDisplayName, "Name"},
    MapiLabel{0x3003, "Address"},
    MapiLabel{0x39fe, "Address"},
    MapiLabel{0x3a06, "Given name"},
    MapiLabel{0x3a11, "Surname"},
    MapiLabel{0x3a16, "Company"},
    MapiLabel{0x3a17, "Title"},
    MapiLabel{0x3a08, "Phone"},
    MapiLabel{0x3a09, "Phone"},
    MapiLabel{0x3a1c, "Mobile phone"},
    MapiLabel{0x3a15, "Address"},
    MapiLabel{0x001a, "Class"},
};
// Empty where it has none.
[[nodiscard]] constexpr std::string_view mapi_label(std::uint32_t id) {
  for (const MapiLabel& row : kMapiLabels) {
    if (row.id == id) return row.label;
  }
  return {};
}

}  // namespace ambit::unpack
