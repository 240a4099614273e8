// Access tokens that say by their first letters whose they are.
//
//   token = prefix body; the issuer fixes alphabet and length of the body, neither letter nor digit stands around it
//
// A body of few different letters is a mask ("ghp_xxxx"), one that says so is an example: shape only.
#include <algorithm>
#include <array>
#include <string>

#include "stages/scrutinise/ascii.h"
#include "stages/scrutinise/validators/secret_text.h"
#include "stages/scrutinise/validators/validators.h"

namespace ambit::scrutiny {
namespace {

enum class Body : std::uint8_t { capitals, hex, alnum, word, base64 };  // word: letters, digits, '-' and '_'

struct TokenIssuer {
  std::string_view prefix;
  Body body;
  std::size_t fewest, most;  // letters of the body
};
constexpr std::array kTokenIssuers = {TokenIssuer{"AKIA", Body::capitals, 16, 16},
                                      TokenIssuer{"ASIA", Body::capitals, 16, 16},  // Amazon
                                      TokenIssuer{"ABIA", Body::capitals, 16, 16},
                                      TokenIssuer{"ACCA", Body::capitals, 16, 16},  //
                                      TokenIssuer{"AIza", Body::word, 35, 35},
                                      TokenIssuer{"ya29.", Body::word, 20, 400},   // Google
                                      TokenIssuer{"GOCSPX-", Body::word, 28, 28},  //
                                      TokenIssuer{"AccountKey=", Body::base64, 86, 86},
                                      TokenIssuer{"SharedAccessKey=", Body::base64, 43, 43},  // Azure
                                      TokenIssuer{"github_pat_", Body::word, 82, 82},
                                      TokenIssuer{"ghp_", Body::alnum, 36, 36},  // GitHub
                                      TokenIssuer{"gho_", Body::alnum, 36, 36},
                                      TokenIssuer{"ghu_", Body::alnum, 36, 36},  //
                                      TokenIssuer{"ghs_", Body::alnum, 36, 36},
                                      TokenIssuer{"ghr_", Body::alnum, 36, 76},  //
                                      TokenIssuer{"glpat-", Body::word, 20, 64},
                                      TokenIssuer{"glptt-", Body::hex, 40, 40},  // GitLab
                                      TokenIssuer{"gldt-", Body::word, 20, 64},
                                      TokenIssuer{"glrt-", Body::word, 20, 64},  //
                                      TokenIssuer{"xoxb-", Body::word, 20, 200},
                                      TokenIssuer{"xoxp-", Body::word, 20, 200},  // Slack
                                      TokenIssuer{"xoxa-", Body::word, 20, 200},
                                      TokenIssuer{"xoxr-", Body::word, 20, 200},  //
                                      TokenIssuer{"xoxs-", Body::word, 20, 200},
                                      TokenIssuer{"xapp-", Body::word, 20, 200},  //
                                      TokenIssuer{"sk_live_", Body::alnum, 16, 128},
                                      TokenIssuer{"rk_live_", Body::alnum, 16, 128},  // Stripe
                                      TokenIssuer{"sk_test_", Body::alnum, 16, 128},
                                      TokenIssuer{"whsec_", Body::alnum, 24, 64},  //
                                      TokenIssuer{"SK", Body::hex, 32, 32},        // Twilio
                                      TokenIssuer{"npm_", Body::alnum, 36, 36},
                                      TokenIssuer{"pypi-AgE", Body::word, 50, 400},  // registries
                                      TokenIssuer{"dop_v1_", Body::hex, 64, 64},
                                      TokenIssuer{"shpat_", Body::hex, 32, 32},  // DigitalOcean …
                                      TokenIssuer{"shpss_", Body::hex, 32, 32},
                                      TokenIssuer{"sq0atp-", Body::word, 22, 22},  // Shopify, Square
                                      TokenIssuer{"sq0csp-", Body::word, 43, 43},
                                      TokenIssuer{"hf_", Body::alnum, 34, 34},  // Hugging Face
                                      TokenIssuer{"sk-ant-", Body::word, 40, 200},
                                      TokenIssuer{"sk-proj-", Body::word, 40, 250},  // of models
                                      TokenIssuer{"dapi", Body::hex, 32, 32},
                                      TokenIssuer{"hvs.", Body::word, 24, 200},  // Databricks, Vault
                                      TokenIssuer{"lin_api_", Body::alnum, 40, 40},
                                      TokenIssuer{"AGE-SECRET-KEY-1", Body::capitals, 58, 58},  // Linear, age
                                      TokenIssuer{"key-", Body::hex, 32, 32}};                  // Mailgun

bool belongs(char c, Body body) {
  switch (body) {
    case Body::capitals:
      return is_upper(c) || is_digit(c);
    case Body::hex:
      return is_hex(c) && !is_upper(c);
    case Body::alnum:
      return is_alnum(c);
    case Body::word:
      return is_alnum(c) || c == '-' || c == '_';
    case Body::base64:
      return is_base64(c);
  }
  return false;
}

std::size_t run_of(std::string_view view, std::size_t from, Body body) {
  std::size_t end = from;
  while (end < view.size() && belongs(view[end], body)) ++end;
  return end - from;
}

bool is_masked(std::string_view body) { return entropy(body) < 2.5; }

bool says_example(std::string_view text) {
  const std::string small = lowered(text);
  return small.find("example") != std::string::npos || small.find("xxxx") != std::string::npos;
}

Verdict graded_token(std::size_t begin, std::size_t end, std::string_view text) {
  const Grade grade = says_example(text) ? Grade::shape_only : Grade::validated;
  return {begin, end, grade, grade};
}

// SG.<22>.<43>: SendGrid.
std::optional<Verdict> send_grid(std::string_view view, std::size_t begin, std::size_t end) {
  const std::size_t id = run_of(view, end, Body::word);
  if (id != 22 || at(view, end + id) != '.') return std::nullopt;
  const std::size_t key = run_of(view, end + id + 1, Body::word);
  const std::size_t last = end + id + 1 + key;
  if (key != 43) return std::nullopt;
  return graded_token(begin, last, view.substr(begin, last - begin));
}

// <8 to 10 digits>:AA<33>: bots of Telegram. The core is ":AA".
std::optional<Verdict> telegram(std::string_view view, std::size_t begin, std::size_t end) {
  std::size_t first = begin;
  while (first > 0 && is_digit(view[first - 1]) && begin - first < 11) --first;
  const std::size_t rest = run_of(view, end, Body::word);
  if (begin - first < 8 || begin - first > 10 || rest != 33) return std::nullopt;
  if (first > 0 && is_alnum(view[first - 1])) return std::nullopt;
  return graded_token(first, end + rest, view.substr(end, rest));
}

}  // namespace

std::optional<Verdict> access_token(std::string_view view, std::size_t begin, std::size_t end) {
  const std::string_view core = view.substr(begin, end - begin);
  if (core == ":AA") return telegram(view, begin, end);
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return std::nullopt;
  if (core == "SG.") return send_grid(view, begin, end);
  for (const TokenIssuer& issuer : kTokenIssuers) {
    if (!view.substr(begin).starts_with(issuer.prefix)) continue;
    const std::size_t from = begin + issuer.prefix.size();
    const std::size_t length = run_of(view, from, issuer.body);
    if (length < issuer.fewest || length > issuer.most || is_alnum(at(view, from + length))) continue;
    const std::string_view body = view.substr(from, length);
    if (is_masked(body)) return std::nullopt;
    return graded_token(begin, from + length, body);
  }
  return std::nullopt;
}

// header.payload.signature in base64url; header and payload are JSON objects, so they begin with "eyJ".
std::optional<Verdict> json_web_token(std::string_view view, std::size_t begin, std::size_t end) {
  if (begin > 0 && (is_alnum(view[begin - 1]) || view[begin - 1] == '_')) return std::nullopt;
  const std::size_t header = end + run_of(view, end, Body::word);
  if (header - begin < 12 || view.substr(header).substr(0, 4) != ".eyJ") return std::nullopt;
  const std::size_t payload = header + 1 + run_of(view, header + 1, Body::word);
  if (at(view, payload) != '.') return Verdict{begin, payload, Grade::shape_only, Grade::shape_only};
  const std::size_t last = payload + 1 + run_of(view, payload + 1, Body::word);
  const Grade grade = last - payload > 20 ? Grade::validated : Grade::plausible;
  return Verdict{begin, last, grade, grade};
}

}  // namespace ambit::scrutiny
