# The official formulations that benchmarks compare with (benchmarks/reference, -DSTEGO_BENCHMARKS=ON): one
# program each, built when a benchmark needs it.
file(GLOB STEGO_REFERENCES CONFIGURE_DEPENDS benchmarks/reference/*.cpp)
foreach(STEGO_REFERENCE ${STEGO_REFERENCES})
  get_filename_component(STEGO_REFERENCE_NAME ${STEGO_REFERENCE} NAME_WE)
  add_executable(${STEGO_REFERENCE_NAME} EXCLUDE_FROM_ALL ${STEGO_REFERENCE})
  target_link_libraries(${STEGO_REFERENCE_NAME} PRIVATE stego_core)
  set_target_properties(${STEGO_REFERENCE_NAME} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/benchmarks" BUILD_RPATH "${STEGO_LIBTORCH_DIR}/lib")
endforeach()
