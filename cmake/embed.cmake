# ambit_embed(out.cc HEADER h TYPE t FUNCTION f FILES a b …): a source file that defines
#   std::span<const t> f();   with one {file name, text} per file, in the order given.
# What the program knows follows from its version: these texts are compiled in, never looked for at run time.
function(ambit_embed out)
  cmake_parse_arguments(ARG "" "HEADER;TYPE;FUNCTION" "FILES" ${ARGN})
  set(rows "")
  foreach(file IN LISTS ARG_FILES)
    cmake_path(GET file FILENAME name)
    file(READ "${file}" text)
    string(APPEND rows "  {\"${name}\", R\"ambit(${text})ambit\"},\n")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  endforeach()
  file(CONFIGURE OUTPUT "${out}" @ONLY CONTENT [[
#include "@ARG_HEADER@"

static constexpr @ARG_TYPE@ kTexts[] = {
@rows@};
std::span<const @ARG_TYPE@> @ARG_FUNCTION@() { return kTexts; }
]])
endfunction()
