# The addon that opens libtorch by absolute path (native/opener). It gets its own folder next to the main
# addon, because tools that look for a prebuilt addon take the first .node file in a folder.
add_library(libtorch_opener SHARED native/opener/libtorch_opener.cpp ${CMAKE_JS_SRC})
target_include_directories(libtorch_opener SYSTEM PRIVATE
  ${CMAKE_JS_INC} "${STEGO_LIBTORCH_DIR}/include")
target_compile_definitions(libtorch_opener PRIVATE NAPI_VERSION=8 NODE_GYP_MODULE_NAME=libtorch_opener)
target_compile_options(libtorch_opener PRIVATE -Wall -Wextra)
target_link_libraries(libtorch_opener PRIVATE ${CMAKE_JS_LIB} ${CMAKE_DL_LIBS})
set_target_properties(libtorch_opener PROPERTIES PREFIX "" OUTPUT_NAME libtorch-opener SUFFIX ".node"
  LIBRARY_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:stego>/opener" RUNTIME_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:stego>/opener")
add_dependencies(stego libtorch_opener)

# What is shipped (cmake --install, component "addon"): the addon as prebuildify expects it, and the files
# that belong in the same folder. The addon's library search starts from its own folder, prebuilds/<platform>:
# in @stego/<platform>, then in stego.
execute_process(
  COMMAND node -p "process.platform + '-' + process.arch"
  OUTPUT_VARIABLE STEGO_PLATFORM OUTPUT_STRIP_TRAILING_WHITESPACE)
set_target_properties(stego PROPERTIES
  INSTALL_RPATH "$ORIGIN/../../../libtorch-${STEGO_PLATFORM}/lib;$ORIGIN/../../../@stego/libtorch-${STEGO_PLATFORM}/lib")
foreach(STEGO_KIND LIBRARY RUNTIME)
  install(TARGETS stego ${STEGO_KIND} DESTINATION build/Release COMPONENT addon)
  install(TARGETS libtorch_opener ${STEGO_KIND} DESTINATION beside/opener COMPONENT addon)
endforeach()
