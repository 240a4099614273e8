#include "stages/unpack/text/code_page.h"

#include <array>

#include "stages/unpack/text/charset.h"

namespace ambit::unpack {

int code_page_of_font(int font_charset) {
  struct Row {
    int charset, code_page;
  };
  constexpr std::array kRows = {Row{0, 1252},   Row{77, 10000}, Row{128, 932},  Row{129, 949},  Row{134, 936},
                                Row{136, 950},  Row{161, 1253}, Row{162, 1254}, Row{163, 1258}, Row{177, 1255},
                                Row{178, 1256}, Row{186, 1257}, Row{204, 1251}, Row{222, 874},  Row{238, 1250},
                                Row{254, 437},  Row{255, 850}};
  for (const Row& row : kRows) {
    if (row.charset == font_charset) return row.code_page;
  }
  return 0;
}

std::string charset_of_code_page(int code_page) {
  switch (code_page) {
    case 932:
      return known_charset("shift_jis");
    case 936:
      return known_charset("gbk");
    case 949:
      return known_charset("uhc");
    case 950:
      return known_charset("big5");
    case 10000:
      return known_charset("macintosh");
    case 65001:
      return std::string(kUtf8OrWestern);
    default:
      break;
  }
  const std::string number = std::to_string(code_page);
  const std::string charset = known_charset((code_page >= 1250 && code_page <= 1258 ? "windows-" : "cp") + number);
  return charset.empty() ? std::string(kUtf8OrWestern) : charset;
}

}  // namespace ambit::unpack
