// Corpora of real files: what this machine has, whatever that is. Made bytes flatter whoever skips what is common;
// here every word stands as often as it does.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string_view>

#include "bench/corpus.h"

namespace ambit::bench {
namespace {

namespace fs = std::filesystem;
using Random = std::mt19937_64;

constexpr std::array<std::string_view, 64> kFirst = {
    "James",   "Mary",    "Robert",  "Patricia", "John",   "Jennifer", "Michael", "Linda",  "David",   "Elizabeth",
    "William", "Barbara", "Richard", "Susan",    "Joseph", "Jessica",  "Thomas",  "Sarah",  "Charles", "Karen",
    "Daniel",  "Nancy",   "Matthew", "Betty",    "Mark",   "Margaret", "Steven",  "Emily",  "Andrew",  "Donna",
    "Paul",    "Carol",   "Kevin",   "Amanda",   "Brian",  "Melissa",  "George",  "Laura",  "Edward",  "Sharon",
    "Ronald",  "Cynthia", "Jason",   "Kathleen", "Ryan",   "Angela",   "Jacob",   "Anna",   "Gary",    "Emma",
    "Eric",    "Maria",   "Scott",   "Rachel",   "Frank",  "Janet",    "Patrick", "Olivia", "Jack",    "Heather",
    "Dennis",  "Julia",   "Peter",   "Diane"};
constexpr std::array<std::string_view, 64> kLast = {
    "Smith",  "Johnson",  "Williams",   "Brown",    "Jones",   "Garcia",   "Miller",  "Davis",   "Martinez", "Lopez",
    "Wilson", "Anderson", "Taylor",     "Moore",    "Jackson", "Martin",   "Lee",     "Perez",   "Thompson", "White",
    "Harris", "Clark",    "Lewis",      "Robinson", "Walker",  "Young",    "Allen",   "King",    "Wright",   "Torres",
    "Nguyen", "Hill",     "Flores",     "Green",    "Adams",   "Nelson",   "Baker",   "Hall",    "Campbell", "Mitchell",
    "Carter", "Roberts",  "Phillips",   "Evans",    "Turner",  "Parker",   "Collins", "Edwards", "Stewart",  "Morris",
    "Murphy", "Cook",     "Rogers",     "Morgan",   "Cooper",  "Peterson", "Bailey",  "Reed",    "Kelly",    "Howard",
    "Cox",    "Ward",     "Richardson", "Watson"};
constexpr std::array<std::string_view, 8> kHosts = {"gmail.com", "yahoo.com", "hotmail.com", "outlook.com",
                                                    "aol.com",   "web.de",    "mail.ru",     "example.org"};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c < 'a' && c >= 'A' ? static_cast<char>(c + 32) : c; });
  return out;
}

// Regular files in the order of their paths.
std::vector<std::string> own_files(std::uint64_t least, std::uint64_t most) {
  std::vector<std::string> out;
  for (const char* root : {"/usr/share", "/usr/include", "/usr/lib"}) {
    std::error_code error;
    fs::recursive_directory_iterator at(root, fs::directory_options::skip_permission_denied, error);
    for (const auto end = fs::recursive_directory_iterator(); !error && at != end; at.increment(error)) {
      std::error_code ignored;
      if (at->is_symlink(ignored) || !at->is_regular_file(ignored)) continue;
      const std::uint64_t size = at->file_size(ignored);
      if (!ignored && size >= least && size <= most) out.push_back(at->path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::vector<std::string> real_names(std::size_t count) {
  Random random(2013);
  std::set<std::string> seen;
  std::vector<std::string> out;
  while (out.size() < count) {
    const std::string first(kFirst[random() % kFirst.size()]), last(kLast[random() % kLast.size()]);
    std::string name;
    switch (out.size() % 4) {
      case 0:
        name = lower(first + "." + last + std::to_string(random() % 100)) + "@" +
               std::string(kHosts[random() % kHosts.size()]);
        break;
      case 1:
        name = seen.size() < 6'000 ? first + " " + last : first + " " + first[0] + ". " + last;
        break;
      case 2:
        name = lower(first.substr(0, 1) + last) + std::to_string(random() % 10'000);
        break;
      default:
        name = last + ", " + first + " " + std::string(1, static_cast<char>('A' + random() % 26)) + ".";
        break;
    }
    if (name.size() > 5 && seen.insert(name).second) out.push_back(name);
  }
  return out;
}

void make_real_image(const std::string& path, std::uint64_t bytes, std::size_t plants,
                     const std::vector<std::string>& names) {
  std::error_code error;
  if (fs::file_size(path, error) == bytes && !error) return;
  const std::vector<std::string> files = own_files(1, 16ULL << 20);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  std::uint64_t at = 0;
  std::size_t plant = 0;
  while (at < bytes && !files.empty()) {
    for (const std::string& file : files) {
      std::string block = content(file);
      for (; plant < plants && plant * (bytes / plants) <= at; ++plant)
        block += " " + names[plant * 7 % names.size()] + " ";
      block.resize(std::min<std::uint64_t>((block.size() + 511) / 512 * 512, bytes - at));
      out.write(block.data(), static_cast<std::streamsize>(block.size()));
      at += block.size();
      if (at >= bytes) return;
    }
  }
}

std::uint64_t make_real_tree(const std::string& path, std::size_t files, std::size_t plants,
                             const std::vector<std::string>& names) {
  const bool there = fs::exists(path + "/complete");
  const std::vector<std::string> own = own_files(1'024, 16ULL << 10);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < files && !own.empty(); ++i) {
    const std::string& file = own[i % own.size()];
    total += fs::file_size(file);
    if (there) continue;
    const std::string folder = path + "/" + std::to_string(i / 500);
    if (i % 500 == 0) fs::create_directories(folder);
    std::string text = content(file);
    if (i % (files / plants) == 0) text += "\n" + names[i * 7 % names.size()] + "\n";
    if (i >= own.size()) text += "\n" + std::to_string(i);  // no two alike: nobody may skip what it has seen
    std::ofstream(folder + "/" + std::to_string(i) + fs::path(file).extension().string(), std::ios::binary) << text;
  }
  if (!there) std::ofstream(path + "/complete") << "";
  return total;
}

}  // namespace ambit::bench
