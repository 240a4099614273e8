#include "stages/scrutinise/validators/validators.h"

#include <array>
#include <vector>

#include "stages/scrutinise/validators/national_ids.h"

namespace ambit::scrutiny {

namespace {

constexpr std::array kList = {
    Validator{"payment_card", payment_card, 12, 48},
    Validator{"iban", iban, 4, 72},
    Validator{"us_ssn", us_ssn, 2, 4, Bare::only_beside_word},
    Validator{"email_address", email_address, 80, 520},
    Validator{"access_token", access_token, 16, 512},
    Validator{"json_web_token", json_web_token, 2, 4096},
    Validator{"password_assignment", password_assignment, 2, 264},
    Validator{"url_credentials", url_credentials, 2, 210},
    Validator{"authorization_header", authorization_header, 2, 2060},
    Validator{"session_cookie", session_cookie, 2, 580},
    Validator{"password_hash", password_hash, 70, 420},
    Validator{"phone_number", phone_number, 8, 40},
    Validator{"phone_number_national", phone_number_national, 8, 40, Bare::like_any_print_only_beside_word},
    Validator{"ipv4_address", ipv4_address, 10, 2},
    Validator{"ipv6_address", ipv6_address, 48, 48},
    Validator{"mac_address", mac_address, 20, 20},
    Validator{"wallet_address", wallet_address, 2, 92},
    Validator{"travel_document", travel_document, 2, 140},
    Validator{"birth_date", birth_date, 2, 2, Bare::like_any_print_only_beside_word},
    Validator{"geolocation", geolocation, 2, 2, Bare::like_any_print_only_beside_word},
    // A PEM block of an 8192-bit RSA key has 6.4 KB; of a longer one the first 8 KiB are the finding.
    Validator{"private_key", private_key, 64, 8192},
};

}  // namespace

std::span<const Validator> validators() {
  static const std::vector<Validator> kAll = [] {
    std::vector<Validator> all(kList.begin(), kList.end());
    for (const auto more : {ids_of_europe(), ids_of_the_world(), ids_with_letters()}) {
      all.insert(all.end(), more.begin(), more.end());
    }
    return all;
  }();
  return kAll;
}

}  // namespace ambit::scrutiny
