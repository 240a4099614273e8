// What an object is, by its first bytes and its name.
#include "stages/unpack/kind/kind.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace ambit::kind_test {
namespace {

using namespace std::string_literals;

KindGuess guess(std::string_view bytes, std::string_view name = "x") {
  return guess_kind(std::as_bytes(std::span(bytes)), name, bytes.size());
}

std::string wide(std::string_view text, bool little) {
  std::string out;
  for (const char c : text) out += little ? std::string{c, '\0'} : std::string{'\0', c};
  return out;
}

// `bytes`, then what no text has, up to a few blocks.
std::string binary(std::string bytes, std::size_t size = 1024) {
  for (unsigned i = 0; bytes.size() < size; ++i) bytes.push_back(static_cast<char>(i * 37 % 256));
  return bytes;
}
std::string at(std::size_t offset, const std::string& bytes) {
  return binary(binary("\x07\x06\x05"s, offset) + bytes, 1024);
}

struct Row {
  std::string name, bytes;
  Kind kind;
};

TEST(Kind, formats_are_known_by_their_first_bytes_whatever_they_are_called) {
  for (const Row& row : std::vector<Row>{{"gzip", "\x1f\x8b\x08", Kind::archive},
                                         {"bzip2", "BZh9", Kind::archive},
                                         {"xz",
                                          "\xfd"s
                                          "7zXZ\0"s,
                                          Kind::archive},
                                         {"zstd", "\x28\xb5\x2f\xfd", Kind::archive},
                                         {"7z", "7z\xbc\xaf\x27\x1c", Kind::archive},
                                         {"rar", "Rar!\x1a\x07\x01", Kind::archive},
                                         {"zip", "PK\x03\x04", Kind::archive},
                                         {"pdf", "%PDF-1.4\n", Kind::document},
                                         {"ole", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::document},
                                         {"png", "\x89PNG\r\n\x1a\n", Kind::image},
                                         {"jpeg", "\xff\xd8\xff\xe0", Kind::image},
                                         {"gif", "GIF89a", Kind::image},
                                         {"tiff", "II*\0"s, Kind::image},
                                         {"webp", "RIFF\x10\0\0\0WEBP"s, Kind::image},
                                         {"wav", "RIFF\x10\0\0\0WAVE"s, Kind::audio},
                                         {"mp3", "ID3\x03", Kind::audio},
                                         {"mp3 frame", "\xff\xfb\x90\x64", Kind::audio},
                                         {"ogg", "OggS\0"s, Kind::audio},
                                         {"flac", "fLaC", Kind::audio},
                                         {"avi", "RIFF\x10\0\0\0AVI "s, Kind::video},
                                         {"mp4",
                                          "\0\0\0\x18"
                                          "ftypisom"s,
                                          Kind::video},
                                         {"m4a",
                                          "\0\0\0\x18"
                                          "ftypM4A "s,
                                          Kind::audio},
                                         {"heic",
                                          "\0\0\0\x18"
                                          "ftypheic"s,
                                          Kind::image},
                                         {"mkv", "\x1a\x45\xdf\xa3", Kind::video},
                                         {"elf",
                                          "\x7f"
                                          "ELF\x02\x01\x01",
                                          Kind::executable},
                                         {"java class", "\xca\xfe\xba\xbe", Kind::executable},
                                         {"wasm", "\0asm\x01\0\0\0"s, Kind::executable},
                                         {"sqlite", "SQLite format 3\0"s, Kind::database},
                                         {"pg dump", "PGDMP\x01", Kind::sql_dump},
                                         {"pst", "!BDN", Kind::mailbox},
                                         {"luks", "LUKS\xba\xbe", Kind::encrypted},
                                         {"qcow2", "QFI\xfb", Kind::disk_image},
                                         {"vmdk", "KDMV", Kind::disk_image},
                                         {"vhdx", "vhdxfile", Kind::disk_image},
                                         {"e01", "EVF\x09\x0d\x0a\xff\0"s, Kind::disk_image}}) {
    EXPECT_EQ(guess(binary(row.bytes), "notes.txt"), (KindGuess{row.kind, false})) << row.name;
  }
  EXPECT_EQ(guess(at(257, "ustar")).kind, Kind::archive);
  EXPECT_EQ(guess(at(4, "Standard Jet DB")).kind, Kind::database);
  EXPECT_EQ(guess(at(510, "\x55\xaa")).kind, Kind::disk_image);
}

// Zeros with some bytes in them, as a super-block has.
std::string disk(std::size_t size, const std::vector<std::pair<std::size_t, std::string>>& parts) {
  std::string bytes(size, '\0');
  for (const auto& [offset, part] : parts) bytes.replace(offset, part.size(), part);
  return bytes;
}

TEST(Kind, a_file_system_is_a_disk_by_its_mark_and_by_what_stands_around_it) {
  const auto kind = [](std::size_t offset, const std::string& bytes) {
    return guess(disk(4096, {{offset, bytes}})).kind;
  };
  EXPECT_EQ(kind(1024, "\x10\x20\xf5\xf2\1\0\x10\0\x09"s), Kind::disk_image);
  EXPECT_EQ(kind(1024, "\x10\x20\xf5\xf2\2\0\x10\0\x09"s), Kind::binary);
  EXPECT_EQ(kind(1024, "\xe2\xe1\xf5\xe0"s + std::string(8, '\0') + "\x0c\0\x24\0\7"s), Kind::disk_image);
  EXPECT_EQ(kind(1024, "\xe2\xe1\xf5\xe0"s + std::string(8, '\0') + "\x03\0\x24\0\7"s), Kind::binary);
  EXPECT_EQ(kind(0, "\x45\x3d\xcd\x28"s + std::string(12, '\0') + "Compressed ROMFS"), Kind::disk_image);
  EXPECT_EQ(kind(0, "\x45\x3d\xcd\x28"s), Kind::binary);
  EXPECT_EQ(kind(1024, "BD"s + std::string(12, '\0') + "\0\3\0\0\0\x10\0\0\2\0"s + std::string(12, '\0') + "\4"),
            Kind::disk_image);
  EXPECT_EQ(kind(1024, "BD"s), Kind::binary);
  EXPECT_EQ(kind(1024 + 16, "\x8f\x13"s), Kind::binary);
  EXPECT_EQ(kind(1024 + 56, "\x53\xef"s), Kind::binary);
  std::mt19937 random(5);
  for (int round = 0; round < 2'000; ++round) {
    std::string noise;
    while (noise.size() < 4096) noise.push_back(static_cast<char>(random()));
    EXPECT_NE(guess(noise).kind, Kind::disk_image);
    for (std::size_t end = 1000; round == 0 && end < 1200; ++end) {
      EXPECT_NE(guess(noise.substr(0, end)).kind, Kind::disk_image);
    }
  }
}

TEST(Kind, words_that_begin_like_a_format_are_text) {
  for (const std::string& text :
       {"BM is short for Bench Mark and nothing else at all"s, "MZ stands for Mark Zbikowski, they say."s,
        "ID3 tags describe songs"s, "GIF89a is the name of a format"s, "LZIP, too"s, "BZh9 as well"s}) {
    EXPECT_EQ(guess(text), (KindGuess{Kind::text, true})) << text;
  }
}

TEST(Kind, packages_are_told_apart_by_their_members_and_then_by_their_names) {
  const std::string zip = "PK\x03\x04"s + std::string(26, '\0');
  EXPECT_EQ(guess(zip + "[Content_Types].xml" + zip + "word/document.xml").kind, Kind::document);
  EXPECT_EQ(guess(zip + "[Content_Types].xml" + zip + "xl/workbook.xml").kind, Kind::spreadsheet);
  EXPECT_EQ(guess(zip + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet").kind, Kind::spreadsheet);
  EXPECT_EQ(guess(zip + "mimetypeapplication/vnd.oasis.opendocument.text").kind, Kind::document);
  EXPECT_EQ(guess(zip, "Budget.XLSX").kind, Kind::spreadsheet);
  EXPECT_EQ(guess(zip, "mail.zip").kind, Kind::archive);
  const std::string ole = binary("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
  EXPECT_EQ(guess(ole, "a.doc").kind, Kind::document);
  EXPECT_EQ(guess(ole, "a.xls").kind, Kind::spreadsheet);
  EXPECT_EQ(guess(ole, "a.msg").kind, Kind::mail);
}

TEST(Kind, text_is_told_apart_by_what_it_says) {
  for (const Row& row : std::vector<Row>{
           {"a.txt", "Just a note to myself.\nSecond line.\n", Kind::text},
           {"list.csv", "id,name\n1,Kim\n", Kind::text},
           {"1", "Return-Path: <a@b.example>\nReceived: from x\n by y\nFrom: a\n\nhello\n", Kind::mail},
           {"1", "From: a\r\nTo: b\r\nSubject: c\r\n\r\nhello\r\n", Kind::mail},
           {"x.eml", "Subject: c\n\nhello\n", Kind::mail},
           {"notes", "Subject: c\n\nhello\n", Kind::text},
           {"inbox", "From kim@example.com Tue Aug 20 22:30:46 2002\nReturn-Path: <a@b.example>\n\nhello\n",
            Kind::mailbox},
           {"inbox", "\n\nFrom kim@example.com Tue Aug 20 22:30:46 2002\nReturn-Path: <a@b.example>\n\nhello\n",
            Kind::mailbox},
           {"inbox", "of a mail\n\nFrom kim@example.com Tue Aug 20 22:30:46 2002\nReturn-Path: <a@b.example>\n\nx\n",
            Kind::mailbox},
           {"box", "\1\1\1\1\nReceived: from x\nSubject: c\n\n" + std::string(200, 'x') + "\n", Kind::mailbox},
           {"letter", "From here on\nit is text\n", Kind::text},
           {"letter", "We wrote:\n\nFrom here on: it is text\n", Kind::text},
           {"d.sql", "-- MySQL dump 10.13\n", Kind::sql_dump},
           {"d", "CREATE TABLE a(b int);\nINSERT INTO a VALUES(1);\n", Kind::sql_dump},
           {"q.sql", "SELECT 1;\n", Kind::source},
           {"messages", "Jan 16 10:00:00 host sshd[1]: x\nJan  6 10:00:01 host sshd[1]: y\n", Kind::log},
           {"m", "<13>Jan 16 10:00:00 host sshd[1]: x\n", Kind::log},
           {"access", "192.0.2.1 - - [16/Jan/2012:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n", Kind::log},
           {"error", "[Mon Jan 16 10:00:00 2012] [error] x\n", Kind::log},
           {"app", "2012-01-16 10:00:00,123 INFO x\n2012-01-16T10:00:01Z INFO y\n", Kind::log},
           {"iis", "#Software: Microsoft IIS\n", Kind::log},
           {"access.log.1", "nothing a log line has\n", Kind::log},
           {"a", "<!DOCTYPE html>\n<html>", Kind::markup},
           {"a", "<?xml version=\"1.0\"?>", Kind::markup},
           {"a", "{\"a\": 1}", Kind::markup},
           {"a", "[ {\"a\": 1} ]", Kind::markup},
           {"a.ini", "[section]\nkey=value\n", Kind::text},
           {"a.yaml", "key: value\n", Kind::markup},
           {"a", "#!/bin/sh\n", Kind::source},
           {"a", "<?php echo 1;", Kind::source},
           {"Main.JAVA", "class Main {}\n", Kind::source},
           {"id_rsa", "-----BEGIN RSA PRIVATE KEY-----\nMII\n", Kind::key},
           {"a.asc", "-----BEGIN PGP MESSAGE-----\n\n", Kind::encrypted},
           {"authorized_keys", "ssh-rsa AAAAB3 kim\n", Kind::key}}) {
    EXPECT_EQ(guess(row.bytes, row.name), (KindGuess{row.kind, true})) << row.name << ": " << row.bytes;
  }
}

TEST(Kind, utf16_is_text_with_and_without_a_byte_order_mark) {
  const std::string mail = "From: a\r\nTo: b\r\nSubject: c\r\n\r\nhello\r\n";
  for (const bool little : {true, false}) {
    EXPECT_EQ(guess(wide(mail, little)), (KindGuess{Kind::mail, true}));
    EXPECT_EQ(guess((little ? "\xff\xfe"s : "\xfe\xff"s) + wide(mail, little)), (KindGuess{Kind::mail, true}));
    EXPECT_EQ(guess((little ? "\xff\xfe"s : "\xfe\xff"s) + wide("Hi", little)), (KindGuess{Kind::text, true}));
  }
  // Japanese, with a mark
  EXPECT_TRUE(guess("\xff\xfe\x42\x30\x44\x30\x46\x30\x0a\x00"s).is_text);
}

TEST(Kind, utf32_is_text_with_and_without_a_byte_order_mark) {
  const std::string mail = "From: a\r\nTo: b\r\nSubject: c\r\n\r\nhello\r\n";
  const auto four = [](std::string_view text, bool little) {
    std::string out;
    for (const char c : text) out += little ? std::string{c, '\0', '\0', '\0'} : std::string{'\0', '\0', '\0', c};
    return out;
  };
  for (const bool little : {true, false}) {
    const std::string mark = little ? "\xff\xfe\0\0"s : "\0\0\xfe\xff"s;
    EXPECT_EQ(guess(four(mail, little)), (KindGuess{Kind::mail, true}));
    EXPECT_EQ(guess(mark + four(mail, little)), (KindGuess{Kind::mail, true}));
    EXPECT_EQ(guess(mark + four("Hi", little)), (KindGuess{Kind::text, true}));
  }
  // Numbers of four bytes.
  std::string numbers;
  for (unsigned i = 0; i < 500; ++i) numbers += {static_cast<char>(i * 7), static_cast<char>(i / 256), '\0', '\0'};
  EXPECT_FALSE(guess(numbers).is_text);
}

TEST(Kind, text_in_any_character_set_is_text_and_noise_is_not) {
  EXPECT_TRUE(guess("Kim St\xc3\xa5hl wrote").is_text);                    // UTF-8
  EXPECT_TRUE(guess("Kim St\xe5hl wrote").is_text);                        // ISO 8859-1
  EXPECT_TRUE(guess("\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0\n").is_text);  // Windows-1251
  EXPECT_TRUE(guess("\x82\xa0\x82\xa2\x82\xa4\n").is_text);                // Shift JIS
  EXPECT_TRUE(guess("\x1b$B$3$s\x1b(B\n").is_text);                        // ISO-2022-JP
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string noise(256 + random() % 4096, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    EXPECT_FALSE(guess(noise).is_text);
  }
}

TEST(Kind, names_speak_where_bytes_are_silent) {
  const std::string noise = binary("\x07\x06\x05\x04", 4096);
  EXPECT_EQ(guess(noise, "backup.GPG").kind, Kind::encrypted);
  EXPECT_EQ(guess(noise, "cd.iso").kind, Kind::disk_image);
  EXPECT_EQ(guess(noise, "users.MYD").kind, Kind::database);
  EXPECT_EQ(guess(noise, "noise").kind, Kind::binary);
  EXPECT_EQ(guess(std::string(100, '\0')), (KindGuess{Kind::binary, false}));
  EXPECT_EQ(guess(""), (KindGuess{Kind::empty, false}));
}

TEST(Kind, depends_on_the_first_block_alone) {
  const std::string head = "Line of text, and more.\n";
  std::string text;
  while (text.size() < kKindBytes) text += head;
  const std::string with_noise = text.substr(0, kKindBytes) + binary("", 100);
  EXPECT_EQ(guess(with_noise), (KindGuess{Kind::text, true}));
  const std::span<const std::byte> first = std::as_bytes(std::span(with_noise)).first(kKindBytes);
  EXPECT_EQ(guess_kind(first, "x", with_noise.size()), (KindGuess{Kind::text, true}));
  // A character that the end of the block cuts is not broken.
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string thai(shift, 'a');
    while (thai.size() < kKindBytes + 16) thai += "\xe0\xb8\x81";
    EXPECT_TRUE(guess(thai).is_text);
  }
}

TEST(Kind, any_bytes_of_any_length_get_an_answer) {
  std::mt19937 random(13);
  std::set<Kind> seen;
  static constexpr std::string_view kFronts[] = {"PK", "BM", "MZ", "\xff\xfe", "RIFF", "From ",
                                                 "<",  "[",  "{",  "-",        "\xff", "G"};
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(kFronts[random() % std::size(kFronts)]);
    for (std::size_t n = random() % 40; n > 0; --n)
      bytes.push_back(static_cast<char>(random() % 3 == 0 ? 0 : random()));
    seen.insert(guess(bytes, "a.b").kind);
  }
  EXPECT_FALSE(seen.contains(Kind::zero));
  EXPECT_FALSE(seen.contains(Kind::unknown));
  EXPECT_GT(seen.size(), 3u);
}

}  // namespace
}  // namespace ambit::kind_test
