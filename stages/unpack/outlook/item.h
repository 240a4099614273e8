// One item of an Outlook store as a mail: the text of RFC 5322 and MIME that it would be sent as.
//
// So whatever is done for mails is done for these: texts as views, attachments as members, the date, embedded messages.
// Contacts, appointments and notes become mails too; all their strings stand in a text of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/byte_stream.h"

namespace ambit::unpack {

// libpff_item_t, whose name stays behind the door of its library.
struct FreeItem {
  void operator()(std::intptr_t* item) const;
};
using OutlookItem = std::unique_ptr<std::intptr_t, FreeItem>;

// `folder`: its path, which becomes a header. `depth`: messages around it.
[[nodiscard]] std::unique_ptr<ByteStream> mail_of(OutlookItem item, const std::string& folder, std::size_t depth = 0);
// Seconds since 1970, UTC.
[[nodiscard]] std::optional<std::int64_t> sent_of(std::intptr_t* item);
// Its display name in UTF-8; empty where it has none.
[[nodiscard]] std::string name_of(std::intptr_t* item);

}  // namespace ambit::unpack
