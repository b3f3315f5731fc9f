# The CUDA form (-DSTEGO_CUDA=ON): kernels in native/**/kernels/*.cu, which nvcc compiles without libtorch, and
# the libraries of a CUDA build of libtorch. Included before the core; needs a toolkit of the same major
# version as libtorch's.
find_program(STEGO_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATH_SUFFIXES bin PATHS /usr/local/cuda/bin)
if(NOT STEGO_NVCC)
  message(FATAL_ERROR "STEGO_CUDA=ON needs nvcc of CUDA 13: put it on PATH, or set CUDA_HOME to the toolkit's folder.")
endif()
# The toolkit's headers, which libtorch's include; nvcc says where they are.
execute_process(COMMAND "${STEGO_NVCC}" --dryrun -x cu /dev/null OUTPUT_VARIABLE STEGO_TOLD ERROR_VARIABLE STEGO_TOLD)
string(REGEX MATCHALL "-I[^ \n]+" STEGO_TOOLKIT_INCLUDE "${STEGO_TOLD}")
string(REGEX REPLACE "\"|-I" "" STEGO_TOOLKIT_INCLUDE "${STEGO_TOOLKIT_INCLUDE}")
list(REMOVE_DUPLICATES STEGO_TOOLKIT_INCLUDE)

foreach(STEGO_NAME torch_cuda c10_cuda)
  string(TOUPPER "STEGO_${STEGO_NAME}" STEGO_VARIABLE)
  find_library(${STEGO_VARIABLE} ${STEGO_NAME} PATHS "${STEGO_LIBTORCH_DIR}/lib" NO_DEFAULT_PATH)
  if(NOT ${STEGO_VARIABLE})
    message(FATAL_ERROR "STEGO_CUDA=ON needs a CUDA build of libtorch; ${STEGO_LIBTORCH_DIR}/lib holds no lib${STEGO_NAME}.")
  endif()
endforeach()
# The runtime that libtorch loads: from NVIDIA's Python packages beside torch, or the toolkit's.
get_filename_component(STEGO_SITE "${STEGO_LIBTORCH_DIR}" DIRECTORY)
file(GLOB STEGO_CUDART "${STEGO_SITE}/nvidia/cu13/lib/libcudart.so.13" "${STEGO_LIBTORCH_DIR}/lib/libcudart*.so.13")
if(NOT STEGO_CUDART)
  get_filename_component(STEGO_TOOLKIT "${STEGO_NVCC}" DIRECTORY)
  find_library(STEGO_CUDART cudart HINTS "${STEGO_TOOLKIT}/.." ENV CUDA_HOME PATH_SUFFIXES lib64 lib
    PATHS /usr/local/cuda REQUIRED)
endif()
list(GET STEGO_CUDART 0 STEGO_CUDART)
get_filename_component(STEGO_CUDART_DIR "${STEGO_CUDART}" DIRECTORY)

# libtorch_cuda is needed although nothing calls it by name: it registers the operators.
target_link_libraries(libtorch INTERFACE
  "-Wl,--no-as-needed" "${STEGO_TORCH_CUDA}" "${STEGO_C10_CUDA}" "${STEGO_CUDART}" "-Wl,--as-needed")
target_include_directories(libtorch SYSTEM INTERFACE ${STEGO_TOOLKIT_INCLUDE})
target_compile_definitions(libtorch INTERFACE STEGO_CUDA)

# Compiled by nvcc itself, not by CMake's CUDA language, which older versions of CMake do not know for CUDA 13.
# A100, RTX 40, H100, and PTX for later ones; scripts/check.js has the same list.
set(STEGO_ARCHITECTURES "80;89;90a" CACHE STRING "Compute capabilities to compile kernels for, as nvcc writes them")
set(STEGO_GENERATE -gencode "arch=compute_90,code=compute_90")
foreach(STEGO_ARCHITECTURE ${STEGO_ARCHITECTURES})
  list(APPEND STEGO_GENERATE -gencode "arch=compute_${STEGO_ARCHITECTURE},code=sm_${STEGO_ARCHITECTURE}")
endforeach()
file(GLOB_RECURSE STEGO_CUDA_SOURCES CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" native/*.cu)
foreach(STEGO_SOURCE ${STEGO_CUDA_SOURCES})
  string(REPLACE "/" "-" STEGO_OBJECT "${STEGO_SOURCE}.o")
  set(STEGO_OBJECT "${CMAKE_CURRENT_BINARY_DIR}/${STEGO_OBJECT}")
  add_custom_command(OUTPUT "${STEGO_OBJECT}"
    COMMAND "${STEGO_NVCC}" -std=c++20 -O3 -I native -Xcompiler -fPIC,-fvisibility=hidden,-Wall --Werror all-warnings
      ${STEGO_GENERATE} -MD -MF "${STEGO_OBJECT}.d" -c "${STEGO_SOURCE}" -o "${STEGO_OBJECT}"
    DEPENDS "${STEGO_SOURCE}" DEPFILE "${STEGO_OBJECT}.d"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" COMMENT "Compiling ${STEGO_SOURCE}" VERBATIM)
  list(APPEND STEGO_KERNEL_OBJECTS "${STEGO_OBJECT}")
endforeach()
