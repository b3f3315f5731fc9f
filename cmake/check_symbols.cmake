# Run after linking with -DADDON=<file>: fails if the addon needs a symbol that nothing provides.
#
# The linker cannot tell (--no-undefined), because Node's own symbols, napi_* and node_api_*, come from the
# program that loads the addon. Any other undefined symbol, such as an operator from another libtorch version,
# would end the process at its first use, long after the build.

if(NOT EXISTS "${ADDON}")
  message(FATAL_ERROR "check_symbols: ADDON='${ADDON}' is not a file; call with -DADDON=<addon> -P check_symbols.cmake")
endif()
find_program(LDD ldd)
if(NOT LDD)
  message(STATUS "check_symbols: ldd not found, symbols are not checked")
  return()
endif()

execute_process(
  COMMAND "${CMAKE_COMMAND}" -E env LC_ALL=C "${LDD}" -r "${ADDON}"
  OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
if(NOT result EQUAL 0 AND NOT output MATCHES "undefined symbol")
  message(STATUS "check_symbols: ldd -r does not work here, symbols are not checked")
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
file(REMOVE "${ADDON}") # a broken addon must not look built
message(FATAL_ERROR
  "The addon needs symbols or libraries that nothing provides:\n  ${listing}\n"
  "A source file may be missing in CMakeLists.txt, or libtorch's headers and libraries have different versions.")
