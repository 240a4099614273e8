// What the elements and attributes of the dialects mean for the text.
#include <algorithm>
#include <array>

#include "stages/unpack/markup/markup.h"

namespace ambit::unpack {
namespace {

using namespace std::string_view_literals;

struct Element {
  std::string_view name;
  Effect effect;
};

// Sorted by name, each of them.
constexpr std::array kHtml = {
    Element{"address"sv, Effect::line},    Element{"article"sv, Effect::line},
    Element{"aside"sv, Effect::line},      Element{"audio"sv, Effect::space},
    Element{"blockquote"sv, Effect::line}, Element{"body"sv, Effect::line},
    Element{"br"sv, Effect::line},         Element{"button"sv, Effect::space},
    Element{"caption"sv, Effect::line},    Element{"center"sv, Effect::line},
    Element{"dd"sv, Effect::line},         Element{"details"sv, Effect::line},
    Element{"dialog"sv, Effect::line},     Element{"dir"sv, Effect::line},
    Element{"div"sv, Effect::line},        Element{"dl"sv, Effect::line},
    Element{"dt"sv, Effect::line},         Element{"fieldset"sv, Effect::line},
    Element{"figcaption"sv, Effect::line}, Element{"figure"sv, Effect::line},
    Element{"footer"sv, Effect::line},     Element{"form"sv, Effect::line},
    Element{"frame"sv, Effect::line},      Element{"frameset"sv, Effect::line},
    Element{"h1"sv, Effect::line},         Element{"h2"sv, Effect::line},
    Element{"h3"sv, Effect::line},         Element{"h4"sv, Effect::line},
    Element{"h5"sv, Effect::line},         Element{"h6"sv, Effect::line},
    Element{"head"sv, Effect::line},       Element{"header"sv, Effect::line},
    Element{"hr"sv, Effect::line},         Element{"html"sv, Effect::line},
    Element{"iframe"sv, Effect::space},    Element{"input"sv, Effect::space},
    Element{"legend"sv, Effect::line},     Element{"li"sv, Effect::line},
    Element{"link"sv, Effect::line},       Element{"listing"sv, Effect::preformatted},
    Element{"main"sv, Effect::line},       Element{"menu"sv, Effect::line},
    Element{"meta"sv, Effect::line},       Element{"nav"sv, Effect::line},
    Element{"noscript"sv, Effect::line},   Element{"object"sv, Effect::space},
    Element{"ol"sv, Effect::line},         Element{"optgroup"sv, Effect::line},
    Element{"option"sv, Effect::line},     Element{"p"sv, Effect::line},
    Element{"plaintext"sv, Effect::line},  Element{"pre"sv, Effect::preformatted},
    Element{"rp"sv, Effect::space},        Element{"rt"sv, Effect::space},
    Element{"script"sv, Effect::raw},      Element{"section"sv, Effect::line},
    Element{"select"sv, Effect::line},     Element{"style"sv, Effect::raw},
    Element{"summary"sv, Effect::line},    Element{"svg"sv, Effect::space},
    Element{"table"sv, Effect::line},      Element{"tbody"sv, Effect::line},
    Element{"td"sv, Effect::cell},         Element{"template"sv, Effect::line},
    Element{"textarea"sv, Effect::line},   Element{"tfoot"sv, Effect::line},
    Element{"th"sv, Effect::cell},         Element{"thead"sv, Effect::line},
    Element{"title"sv, Effect::line},      Element{"tr"sv, Effect::line},
    Element{"ul"sv, Effect::line},         Element{"video"sv, Effect::space},
    Element{"xmp"sv, Effect::raw},
};

// Local names. Text that stands in none of the elements of text (the place of a picture, a setting) is kept aside.
constexpr std::array kOoxml = {
    Element{"Text"sv, Effect::line_text},
    Element{"author"sv, Effect::line_text},
    Element{"br"sv, Effect::line},
    Element{"c"sv, Effect::cell},
    Element{"cm"sv, Effect::line},
    Element{"comment"sv, Effect::line},
    Element{"cr"sv, Effect::line},
    Element{"definedName"sv, Effect::line_text},
    Element{"delText"sv, Effect::aside_text},
    Element{"endnote"sv, Effect::line},
    Element{"evenFooter"sv, Effect::line_text},
    Element{"evenHeader"sv, Effect::line_text},
    Element{"f"sv, Effect::aside_text},
    Element{"firstFooter"sv, Effect::line_text},
    Element{"firstHeader"sv, Effect::line_text},
    Element{"footnote"sv, Effect::line},
    Element{"formula1"sv, Effect::aside_text},
    Element{"formula2"sv, Effect::aside_text},
    Element{"ftr"sv, Effect::line},
    Element{"hdr"sv, Effect::line},
    Element{"instrText"sv, Effect::aside_text},
    Element{"noBreakHyphen"sv, Effect::hyphen},
    Element{"oddFooter"sv, Effect::line_text},
    Element{"oddHeader"sv, Effect::line_text},
    Element{"p"sv, Effect::line},
    Element{"ptab"sv, Effect::cell},
    Element{"rPh"sv, Effect::line},
    Element{"row"sv, Effect::line},
    Element{"sheet"sv, Effect::line},
    Element{"si"sv, Effect::line},
    Element{"sp"sv, Effect::line},
    Element{"t"sv, Effect::text},
    Element{"tab"sv, Effect::cell},
    Element{"tbl"sv, Effect::line},
    Element{"tc"sv, Effect::cell},
    Element{"text"sv, Effect::line_text},
    Element{"tr"sv, Effect::line},
    Element{"txbxContent"sv, Effect::aside},
    Element{"v"sv, Effect::text},
};

// Local names in the namespace "text:", where the rest is fields and marks within a line; then those of others.
constexpr std::array kOdfText = {
    Element{"deletion"sv, Effect::line},   Element{"h"sv, Effect::line},
    Element{"index-body"sv, Effect::line}, Element{"insertion"sv, Effect::line},
    Element{"line-break"sv, Effect::line}, Element{"list"sv, Effect::line},
    Element{"list-item"sv, Effect::line},  Element{"note"sv, Effect::aside},
    Element{"p"sv, Effect::line},          Element{"ruby-text"sv, Effect::aside},
    Element{"s"sv, Effect::space},         Element{"section"sv, Effect::line},
    Element{"tab"sv, Effect::cell},        Element{"tracked-changes"sv, Effect::line},
};
constexpr std::array kOdfOther = {
    Element{"annotation"sv, Effect::aside},
    Element{"custom-shape"sv, Effect::aside},
    Element{"frame"sv, Effect::aside},
    Element{"table-cell"sv, Effect::cell},
};

// Of HTML: how things look. Whatever else an attribute says is kept.
constexpr std::array kLooks = {
    "align"sv,  "bgcolor"sv, "border"sv,  "cellpadding"sv, "cellspacing"sv, "charset"sv,  "class"sv,
    "clear"sv,  "color"sv,   "cols"sv,    "colspan"sv,     "dir"sv,         "face"sv,     "height"sv,
    "hspace"sv, "lang"sv,    "link"sv,    "media"sv,       "method"sv,      "nowrap"sv,   "rel"sv,
    "role"sv,   "rows"sv,    "rowspan"sv, "size"sv,        "style"sv,       "tabindex"sv, "target"sv,
    "text"sv,   "type"sv,    "valign"sv,  "vlink"sv,       "vspace"sv,      "width"sv,
};
// Of office documents, whose attributes are mostly numbers for how things look: those in which people write.
constexpr std::array kWritten = {
    "Name"sv,           "NameU"sv,        "Target"sv,   "V"sv,         "author"sv,
    "caption"sv,        "date-value"sv,   "descr"sv,    "display"sv,   "displayName"sv,
    "formula"sv,        "href"sv,         "initials"sv, "instr"sv,     "label"sv,
    "lastModifiedBy"sv, "location"sv,     "name"sv,     "oddHeader"sv, "prompt"sv,
    "promptTitle"sv,    "string-value"sv, "tag"sv,      "title"sv,     "tooltip"sv,
    "userId"sv,         "userName"sv,     "value"sv,
};

template <std::size_t N>
Effect find(const std::array<Element, N>& rows, std::string_view name, Effect otherwise) {
  const auto row =
      std::lower_bound(rows.begin(), rows.end(), name, [](const Element& r, std::string_view n) { return r.name < n; });
  return row != rows.end() && row->name == name ? row->effect : otherwise;
}

std::string_view local(std::string_view name) { return name.substr(name.find(':') + 1); }

}  // namespace

Effect effect_of(Dialect dialect, std::string_view name) {
  switch (dialect) {
    case Dialect::html:
      return find(kHtml, name, Effect::vanish);
    case Dialect::ooxml:
      return find(kOoxml, local(name), Effect::vanish);
    case Dialect::odf:
      return name.starts_with("text:") ? find(kOdfText, local(name), Effect::vanish)
                                       : find(kOdfOther, local(name), Effect::line);
    case Dialect::xml:
      break;
  }
  return Effect::by_turn;
}

bool keeps_attribute(Dialect dialect, std::string_view name) {
  if (name.starts_with("xmlns")) return false;
  switch (dialect) {
    case Dialect::html:
      return !std::binary_search(kLooks.begin(), kLooks.end(), name);
    case Dialect::ooxml:
    case Dialect::odf:
      return std::binary_search(kWritten.begin(), kWritten.end(), local(name));
    case Dialect::xml:
      break;
  }
  return true;
}

}  // namespace ambit::unpack
