# How this project spells a library, a program and a test: warnings are errors, includes start at the root.
add_library(ambit_options INTERFACE)
target_include_directories(ambit_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(ambit_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  -Wno-restrict)  # GCC 12 sees overlaps in std::string concatenation where there are none (GCC bug 105651)
target_compile_definitions(ambit_options INTERFACE AMBIT_VERSION="${PROJECT_VERSION}")

# ambit_precompile(name owner header…): `name` uses what is compiled once for `owner`, the first target of its kind.
function(ambit_precompile name owner)
  target_compile_options(${name} PRIVATE -pthread)  # some libraries ask for it, and all must have the same flags
  if(name STREQUAL owner)
    target_precompile_headers(${name} PRIVATE ${ARGN})
  else()
    target_precompile_headers(${name} REUSE_FROM ${owner})
  endif()
endfunction()

# ambit_library(name SOURCES a.cc … [LINKS lib …]): one room of the house.
function(ambit_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ambit_options PRIVATE ${ARG_LINKS})
  # The dev preset asks for this. What users run is built without, so that no file leans on what another includes; and
  # under ThreadSanitizer GCC 12 sees overruns in std::string that are none, in what it has precompiled.
  if(AMBIT_PRECOMPILE)
    ambit_precompile(${name} ambit_nouns <algorithm> <array> <chrono> <functional> <map> <memory> <optional> <string>
      <string_view> <unordered_map> <vector>)
  endif()
endfunction()

# ambit_test(name LINKS lib … [SOURCES …] [THREADS]): tests/name.cc, every TEST of it known to ctest. THREADS: several
# threads meet in it, so ThreadSanitizer has something to look at (target threaded_tests, label threads).
add_custom_target(threaded_tests)
function(ambit_test name)
  cmake_parse_arguments(ARG "THREADS" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${name}.cc ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -O0)  # what is tested is optimised; a test is compiled thrice and run thrice
  target_link_libraries(${name} PRIVATE ambit_options ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE AMBIT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    AMBIT_PROGRAM="$<TARGET_FILE:ambit>")
  ambit_precompile(${name} chunk_test <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
  set(labels single)
  if(ARG_THREADS)
    set(labels threads)
    add_dependencies(threaded_tests ${name})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300 LABELS ${labels})
endfunction()
