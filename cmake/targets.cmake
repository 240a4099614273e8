# How this project spells a library, a program and a test: warnings are errors, includes start at the root.
add_library(ambit_options INTERFACE)
target_include_directories(ambit_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(ambit_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wnon-virtual-dtor -Woverloaded-virtual -Werror
  # GCC 12 sees overlaps in std::string concatenation where there are none (GCC bug 105651)
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
target_compile_definitions(ambit_options INTERFACE AMBIT_VERSION="${PROJECT_VERSION}")
if(AMBIT_LIBFUZZER)
  # clang looks for the same mistakes under AddressSanitizer as GCC, but does not say so.
  target_compile_definitions(ambit_options INTERFACE __SANITIZE_ADDRESS__=1)
endif()

# ambit_library(name SOURCES a.cc … [LINKS lib …]): one room of the house. The files of a folder are compiled together,
# some at a time: what they all include is read once, and a build from nothing takes 40 % of the time. So a name that only
# one file knows is still the only one of its folder. That no file leans on what another includes shows where they come
# in the other order (AMBIT_BACKWARDS, in the preset tsan).
function(ambit_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC ambit_options PRIVATE ${ARG_LINKS})
  ambit_together(${name} 8 ${ARG_SOURCES})
endfunction()

# ambit_together(target count source…): at most `count` sources of one folder make one unit of the compiler.
function(ambit_together target count)
  if(AMBIT_BACKWARDS)
    get_target_property(sources ${target} SOURCES)
    list(REVERSE sources)
    set_target_properties(${target} PROPERTIES SOURCES "${sources}")
  endif()
  foreach(source IN LISTS ARGN)
    cmake_path(GET source PARENT_PATH folder)
    string(MAKE_C_IDENTIFIER "in_${folder}" key)
    math(EXPR group "${${key}} + 0")
    math(EXPR ${key} "${group} + 1")
    math(EXPR group "${group} / ${count}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP "${key}_${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # GCC takes what is included for a header, in which types of unnamed namespaces would be a mistake.
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

# ambit_tests(name FILES x … [SOURCES a.cc …] LINKS lib … [THREADS] [BY_TEST]): the tests of tests/x_test.cc …, in one
# program. ctest knows each suite by its name, and with BY_TEST each test, a process of its own: for those that run the
# program for long. THREADS: several threads meet in them, so ThreadSanitizer has something to look at (target
# threaded_tests, label threads).
add_custom_target(threaded_tests)
function(ambit_tests name)
  cmake_parse_arguments(ARG "THREADS;BY_TEST" "" "FILES;SOURCES;LINKS" ${ARGN})
  list(TRANSFORM ARG_FILES APPEND _test.cc)
  add_executable(${name} ${ARG_FILES} ${ARG_SOURCES})
  ambit_together(${name} 5 ${ARG_FILES})
  target_compile_options(${name} PRIVATE -O0 -pthread)  # what is tested is optimised; a test is compiled thrice, run thrice
  if(AMBIT_LIBFUZZER)  # it does not look where tests have been
    target_compile_options(${name} PRIVATE -fno-sanitize=fuzzer-no-link)
  endif()
  target_link_libraries(${name} PRIVATE ambit_options ${ARG_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE AMBIT_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
    AMBIT_PROGRAM="$<TARGET_FILE:ambit>")
  add_dependencies(${name} ambit)
  set(labels single)
  if(ARG_THREADS)
    set(labels threads)
    add_dependencies(threaded_tests ${name})
  endif()
  if(ARG_BY_TEST)
    gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 600 LABELS ${labels})
    return()
  endif()
  set(listed "${CMAKE_CURRENT_BINARY_DIR}/${name}_suites.cmake")
  add_custom_command(TARGET ${name} POST_BUILD VERBATIM COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${name}>
    -DLABELS=${labels} -DOUT=${listed} -P ${PROJECT_SOURCE_DIR}/cmake/list_suites.cmake)
  set(included "${CMAKE_CURRENT_BINARY_DIR}/${name}_include.cmake")
  file(WRITE "${included}" "if(EXISTS \"${listed}\")\n  include(\"${listed}\")\nelse()\n"
    "  add_test(${name}_NOT_BUILT ${name}_NOT_BUILT)\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${included}")
endfunction()
