#include "stages/scrutinise/validators/validators.h"

#include <array>

namespace ambit::scrutiny {

std::span<const Validator> validators() {
  static constexpr std::array kList = {
      Validator{"payment_card", payment_card, 8, 32},
      Validator{"iban", iban, 2, 48},
      Validator{"us_ssn", us_ssn, 2, 4},
      Validator{"email_address", email_address, 80, 260},
      // A PEM block of an 8192-bit RSA key has 6.4 KB; of a longer one the first 8 KiB are the finding.
      Validator{"private_key", private_key, 64, 8192},
  };
  return kList;
}

}  // namespace ambit::scrutiny
