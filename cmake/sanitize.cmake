# A program that runs the dense CRF and all kernels under sanitizers (scripts/sanitize.js, -DSTEGO_SANITIZE=ON). Included by
# the main list, because source file properties only apply in their own folder.
#
# libtorch is linked as is, without sanitizers. No check has to be turned off for that: the only ones that
# need every library compiled alike are those of standard containers, which libstdc++ leaves off. Leak checking
# stays on: libtorch leaks nothing.

file(GLOB STEGO_SANITIZED_SOURCES CONFIGURE_DEPENDS native/crf/*.cpp native/crf/fast/*.cpp test/sanitize/*.cpp)
add_executable(stego_sanitize ${STEGO_SANITIZED_SOURCES}
  native/core/instructions.cpp native/tensors/dtype.cpp native/tensors/file.cpp native/tensors/stored_tensor.cpp)
target_include_directories(stego_sanitize PRIVATE native test/sanitize)
target_link_libraries(stego_sanitize PRIVATE libtorch)
target_compile_definitions(stego_sanitize PRIVATE _GLIBCXX_ASSERTIONS)
target_compile_options(stego_sanitize PRIVATE -Wall -Wextra -Wno-unused-parameter -g -O1 -fno-omit-frame-pointer
  -fsanitize=address,undefined,float-cast-overflow,float-divide-by-zero -fno-sanitize-recover=all)
target_link_options(stego_sanitize PRIVATE -fsanitize=address,undefined)
target_precompile_headers(stego_sanitize PRIVATE native/core/aten.h)
if(STEGO_GOMP)
  target_compile_options(stego_sanitize PRIVATE -fopenmp)
  target_link_libraries(stego_sanitize PRIVATE "${STEGO_GOMP}")
endif()
# The oracle is the reference for everything else. Its lattice also rounds every operation on its own; it has
# nothing to sanitize, so compile it for speed.
set_source_files_properties(test/sanitize/lattice_oracle.cpp test/sanitize/crf_oracle.cpp PROPERTIES
  COMPILE_OPTIONS "-O2;-ffp-contract=off;-fno-sanitize=all" SKIP_PRECOMPILE_HEADERS ON)
