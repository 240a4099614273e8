// Recipients: the public keys of those who may open the ledger.
//
// A key with a typing mistake would seal the ledger for nobody, and it would be found out months later. So the
// checksum that an age key carries is verified here, and of an SSH key, which has none, the whole structure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ambit {

struct RecipientMistake {
  std::string what, remedy;  // never quote the key: it may be a private one, pasted by mistake
};

// Accepts age1… (X25519), ssh-ed25519 … and ssh-rsa … of at least 2,048 bits, the latter two with or without a
// comment.
[[nodiscard]] std::optional<RecipientMistake> recipient_mistake(std::string_view recipient);

}  // namespace ambit
