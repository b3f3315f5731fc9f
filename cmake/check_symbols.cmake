# Run after linking with -DADDON=<file>: fails when the addon needs a symbol that nobody provides.
#
# The linker can not tell (--no-undefined): Node's own symbols, napi_* and node_api_*, come from the program that
# loads the addon. Anything else that is left undefined, such as an operator of a libtorch of another version,
# would end the process at its first use, long after the build.

if(NOT EXISTS "${ADDON}")
  message(FATAL_ERROR "check_symbols: ADDON='${ADDON}' is no file; call with -DADDON=<addon> -P check_symbols.cmake")
endif()
find_program(LDD ldd)
if(NOT LDD)
  message(STATUS "check_symbols: there is no ldd here, the symbols are not checked")
  return()
endif()

execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${LDD}" -r "${ADDON}"
  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
if(NOT result EQUAL 0 AND NOT output MATCHES "undefined symbol")
  message(STATUS "check_symbols: ldd -r does not work here, the symbols are not checked")
  return()
endif()

string(REGEX MATCHALL "undefined symbol:[ \t]+[^ ,\t\n]+" undefined "${output}")
list(TRANSFORM undefined REPLACE "undefined symbol:[ \t]+" "")
list(FILTER undefined EXCLUDE REGEX "^(napi_|node_api_)")
list(REMOVE_DUPLICATES undefined)
string(REGEX MATCHALL "[^ \t\n]+ => not found|version [^\n]+ not found[^\n]*|symbol [^\n]+ not defined[^\n]*" missing
  "${output}")
if(NOT undefined AND NOT missing)
  return()
endif()

find_program(CXXFILT c++filt)
if(CXXFILT AND undefined)
  execute_process(COMMAND "${CXXFILT}" ${undefined} OUTPUT_VARIABLE undefined OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
set(listing ${missing} ${undefined})
string(REGEX REPLACE "[;\n]" "\n  " listing "${listing}")
file(REMOVE "${ADDON}") # an addon that can not work must not pass for built
message(FATAL_ERROR
  "The addon needs symbols or libraries that nobody provides:\n  ${listing}\n"
  "A source file may be missing in CMakeLists.txt, or libtorch's headers and libraries are of two versions.")
