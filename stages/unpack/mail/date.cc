// The dates of mail, which programs write as they please: RFC 5322, RFC 850, what asctime() makes. Read word by word,
// each word by its looks, in whatever order they come.
#include <array>
#include <charconv>
#include <chrono>

#include "pipeline/ascii.h"
#include "stages/unpack/mail/header.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

// Up to four digits, all of `text`.
std::optional<int> number(std::string_view text) {
  int value = 0;
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<unsigned> month(std::string_view word) {
  constexpr std::array kMonths = {"jan"sv, "feb"sv, "mar"sv, "apr"sv, "may"sv, "jun"sv,
                                  "jul"sv, "aug"sv, "sep"sv, "oct"sv, "nov"sv, "dec"sv};
  if (word.size() < 3) return std::nullopt;
  const std::array<char, 3> letters = {lower(word[0]), lower(word[1]), lower(word[2])};
  for (unsigned i = 0; i < kMonths.size(); ++i) {
    if (std::string_view(letters.data(), letters.size()) == kMonths[i]) return i + 1;
  }
  return std::nullopt;
}

// Minutes east of Greenwich.
std::optional<int> zone(std::string_view word) {
  struct Zone {
    std::string_view name;
    int hours;
  };
  constexpr std::array kZones = {Zone{"EST"sv, -5}, Zone{"EDT"sv, -4}, Zone{"CST"sv, -6}, Zone{"CDT"sv, -5},
                                 Zone{"MST"sv, -7}, Zone{"MDT"sv, -6}, Zone{"PST"sv, -8}, Zone{"PDT"sv, -7},
                                 Zone{"GMT"sv, 0},  Zone{"UT"sv, 0},   Zone{"UTC"sv, 0},  Zone{"Z"sv, 0}};
  for (const Zone& named : kZones) {
    if (word == named.name) return named.hours * 60;
  }
  if (word.size() != 5 || (word[0] != '+' && word[0] != '-')) return std::nullopt;
  const auto digits = number(word.substr(1));
  if (!digits || !is_digit(word[1])) return std::nullopt;
  const int minutes = *digits / 100 * 60 + *digits % 100;
  return word[0] == '-' ? -minutes : minutes;
}

struct Clock {
  int hours = 0, minutes = 0, seconds = 0;
};

std::optional<Clock> clock(std::string_view word) {
  const std::size_t first = word.find(':');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = std::min(word.find(':', first + 1), word.size());
  const auto hours = number(word.substr(0, first)), minutes = number(word.substr(first + 1, second - first - 1));
  const auto seconds = second == word.size() ? std::optional<int>(0) : number(word.substr(second + 1));
  if (!hours || !minutes || !seconds || *hours > 23 || *minutes > 59 || *seconds > 60) return std::nullopt;
  return Clock{*hours, *minutes, *seconds};
}

struct Date {
  std::optional<unsigned> month;
  std::optional<int> day, year, zone;
  std::optional<Clock> clock;

  void read(std::string_view word) {
    if (!clock && (clock = unpack::clock(word))) return;
    if (!zone && (zone = unpack::zone(word))) return;
    if (!month && (month = unpack::month(word))) return;
    const auto value = number(word);
    if (!value) return;
    if (!day && *value >= 1 && *value <= 31 && word.size() <= 2) {
      day = *value;
    } else if (!year) {
      // RFC 5322, 4.3: two digits are of 1950 to 2049, three of programs that could not count beyond 1999.
      year = word.size() >= 4 ? *value : *value + (word.size() == 2 && *value < 50 ? 2000 : 1900);
    }
  }
};

}  // namespace

std::optional<std::int64_t> mail_date(std::string_view text) {
  constexpr std::size_t kMostWords = 12;
  Date date;
  for (std::size_t i = 0; i < kMostWords; ++i) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n,"), text.size()));
    if (text.empty() || text[0] == '(') break;
    const std::size_t end = std::min(text.find_first_of(" \t\r\n,("), text.size());
    std::string_view word = text.substr(0, end);
    // "21-Nov-97"
    for (std::size_t dash = word.find('-', 1); dash != std::string_view::npos; dash = word.find('-', 1)) {
      date.read(word.substr(0, dash));
      word.remove_prefix(dash + 1);
      if (word.empty()) break;
    }
    date.read(word);
    text.remove_prefix(end);
  }
  if (!date.month || !date.day || !date.year || !date.clock) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{*date.year}, std::chrono::month{*date.month},
                                        std::chrono::day{static_cast<unsigned>(*date.day)}};
  if (!day.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{day}.time_since_epoch().count();
  const std::int64_t seconds = date.clock->hours * 3600 + date.clock->minutes * 60 + date.clock->seconds;
  return days * 86'400 + seconds - std::int64_t{date.zone.value_or(0)} * 60;
}

}  // namespace ambit::unpack
