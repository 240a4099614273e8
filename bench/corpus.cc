#include "bench/corpus.h"

#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <random>
#include <string_view>

namespace ambit::bench {
namespace {

using Random = std::mt19937_64;

// Words of two to four syllables: pronounceable, so that they are neither rarer nor commoner than real names.
std::string word(Random& random) {
  static constexpr std::array<std::string_view, 20> kHeads = {"ba", "ke",  "mi", "sto", "ra",  "len", "du",
                                                              "vi", "gor", "ha", "ne",  "pe",  "sal", "ti",
                                                              "wo", "ya",  "zu", "cha", "fri", "jo"};
  static constexpr std::array<std::string_view, 12> kTails = {"n",  "s",  "r", "ld", "m",  "rt",
                                                              "ck", "nd", "",  "x",  "ll", "ng"};
  std::string out;
  for (std::uint64_t i = 0, n = 2 + random() % 2; i < n; ++i) out += kHeads[random() % kHeads.size()];
  out += kTails[random() % kTails.size()];
  return out;
}

// What servers hold is written in common words; what a case looks for are names. The two share letters, not endings.
std::string_view common_word(Random& random) {
  static constexpr std::array<std::string_view, 96> kWords = {
      "about",   "access",  "account",   "address",  "after",    "again",   "archive", "available", "backup",
      "because", "before",  "between",   "browser",  "cache",    "change",  "client",  "close",     "command",
      "config",  "connect", "content",   "control",  "create",   "current", "data",    "database",  "default",
      "delete",  "device",  "directory", "document", "download", "error",   "every",   "example",   "export",
      "failed",  "field",   "file",      "first",    "folder",   "format",  "from",    "function",  "group",
      "handle",  "header",  "history",   "image",    "import",   "index",   "install", "language",  "library",
      "license", "local",   "message",   "method",   "module",   "network", "number",  "object",    "option",
      "output",  "package", "page",      "path",     "people",   "process", "program", "project",   "property",
      "query",   "record",  "remote",    "report",   "request",  "result",  "return",  "script",    "search",
      "section", "server",  "service",   "session",  "setting",  "source",  "status",  "string",    "system",
      "table",   "their",   "update",    "upload",   "version",  "which"};
  return kWords[random() % kWords.size()];
}

void append_log_line(std::string& out, Random& random) {
  out += std::to_string(random() % 223 + 1) + "." + std::to_string(random() % 255) + "." +
         std::to_string(random() % 255) + ".7 - - [17/Apr/2011:" + std::to_string(10 + random() % 14) +
         ":22:" + std::to_string(10 + random() % 50) + " +0000] \"GET /files/" + std::string(common_word(random)) +
         "/" + std::to_string(random() % 100'000) + ".rar HTTP/1.1\" 200 " + std::to_string(random() % 10'000'000) +
         " \"-\" \"Mozilla/5.0\"\n";
}

void append_prose(std::string& out, Random& random) {
  for (int i = 0; i < 12; ++i) (out += common_word(random)) += ' ';
  out += "\r\n";
}

// Program-like: short runs of few values between larger ones.
void append_binary(std::string& out, Random& random) {
  static constexpr std::array<unsigned char, 8> kCommon = {0x00, 0x48, 0x89, 0xe8, 0xff, 0x0f, 0x8b, 0x01};
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t r = random();
    for (unsigned shift = 0; shift < 64; shift += 8) {
      const auto byte = static_cast<unsigned char>(r >> shift);
      out.push_back(static_cast<char>(byte < 140 ? kCommon[byte % kCommon.size()] : byte));
    }
  }
}

void append_noise(std::string& out, Random& random) {
  for (int i = 0; i < 512; ++i) {
    const std::uint64_t r = random();
    out.append(reinterpret_cast<const char*>(&r), sizeof r);
  }
}

}  // namespace

std::string planted(std::size_t number, const std::string& name) {
  std::string out;
  switch (number % 3) {
    case 0:
      return " " + name + " ";
    case 1:
      for (const char c : name) out.append({c, '\0'});
      return out;
    default:
      for (const char c : name) out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
      return " " + out + " ";
  }
}

std::vector<std::string> identifiers(std::size_t count) {
  Random random(193);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    switch (i % 3) {
      case 0:
        out.push_back(word(random) + "." + word(random) + "@" + word(random) + ".example");
        break;
      case 1:
        out.push_back(word(random) + " " + word(random) + word(random));
        break;
      default:
        out.push_back(word(random) + word(random) + std::to_string(1'000 + random() % 9'000));
        break;
    }
  }
  return out;
}

std::string order_text(const std::vector<std::string>& identifiers, const std::string& recipient) {
  std::string out = "[order]\nid = \"BENCH\"\ncourt = \"Bench\"\nseal_to = [\"" + recipient +
                    "\"]\n\n[[paragraph]]\nid = \"1\"\ntext = \"All of it.\"\n\n[[rule]]\nname = \"R1\"\nparagraph = "
                    "\"1\"\nwhen = 'case'\n\n";
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    out += "[[identifier]]\nname = \"case.i" + std::to_string(i) + "\"\nliterals = [\"" + identifiers[i] + "\"]\n";
  }
  return out;
}

std::string mixed_bytes(std::uint64_t seed, std::size_t bytes) {
  Random random(seed);
  std::string out;
  out.reserve(bytes + 8'192);
  while (out.size() < bytes) {
    // Files of 4 to 128 KiB of one sort each.
    const std::size_t end = out.size() + (4'096ULL << (random() % 6));
    switch (random() % 10) {
      case 0:
        out.append(end - out.size(), '\0');
        break;
      case 1:
      case 2:
      case 3:
        while (out.size() < end) append_log_line(out, random);
        break;
      case 4:
      case 5:
        while (out.size() < end) append_prose(out, random);
        break;
      case 6:
      case 7:
        while (out.size() < end) append_binary(out, random);
        break;
      default:
        while (out.size() < end) append_noise(out, random);
        break;
    }
  }
  out.resize(bytes);
  return out;
}

void make_image(const std::string& path, std::uint64_t bytes, std::size_t plants,
                const std::vector<std::string>& names) {
  std::error_code error;
  if (std::filesystem::file_size(path, error) == bytes && !error) return;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  constexpr std::uint64_t kPart = 16ULL << 20;
  std::size_t plant = 0;
  for (std::uint64_t at = 0; at < bytes; at += kPart) {
    std::string part = mixed_bytes(at / kPart + 1, static_cast<std::size_t>(std::min(kPart, bytes - at)));
    Random random(at + 7);
    for (; plant < plants && plant * bytes / plants < at + part.size(); ++plant) {
      const std::string what = planted(plant, names[plant * 7 % names.size()]);
      part.replace(random() % (part.size() - what.size()), what.size(), what);
    }
    out.write(part.data(), static_cast<std::streamsize>(part.size()));
  }
}

std::uint64_t make_tree(const std::string& path, std::size_t files, std::size_t plants,
                        const std::vector<std::string>& names) {
  const bool there = std::filesystem::exists(path + "/complete");
  const std::string bytes = mixed_bytes(99, 64U << 20);
  Random random(11);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < files; ++i) {
    const std::size_t size = random() % 8 == 0 ? 4'096 + random() % 12'288 : 100 + random() % 3'900;
    const std::size_t from = random() % (bytes.size() - size);
    total += size;
    if (there) continue;
    const std::string folder = path + "/" + std::to_string(i / 500);
    if (i % 500 == 0) std::filesystem::create_directories(folder);
    std::string content = bytes.substr(from, size);
    if (i % (files / plants) == 0) content += planted(i, names[i * 7 % names.size()]);
    std::ofstream(folder + "/" + std::to_string(i), std::ios::binary) << content;
  }
  if (!there) std::ofstream(path + "/complete") << "";
  return total;
}

}  // namespace ambit::bench
