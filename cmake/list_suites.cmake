# list_suites: a test of ctest for each suite of PROGRAM, written to OUT. Run when PROGRAM has been built.
execute_process(COMMAND ${PROGRAM} --gtest_list_tests OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "(^|\n)[A-Za-z0-9_/]+\\." suites "${listed}")
set(tests "")
foreach(suite IN LISTS suites)
  string(REGEX REPLACE "[\n.]" "" suite "${suite}")
  string(APPEND tests "add_test(\"${suite}\" \"${PROGRAM}\" --gtest_filter=${suite}.*)\n"
    "set_tests_properties(\"${suite}\" PROPERTIES TIMEOUT 900 LABELS ${LABELS})\n")
endforeach()
file(WRITE "${OUT}" "${tests}")
