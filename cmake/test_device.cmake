# A device of libtorch for tests (test/device), in its own folder like the opener.
add_library(test_device SHARED test/device/test_device.cpp ${CMAKE_JS_SRC})
target_include_directories(test_device SYSTEM PRIVATE ${CMAKE_JS_INC})
target_compile_definitions(test_device PRIVATE NAPI_VERSION=8 NODE_GYP_MODULE_NAME=test_device)
target_compile_options(test_device PRIVATE -Wall -Wextra)
target_link_libraries(test_device PRIVATE libtorch ${CMAKE_JS_LIB})
set_target_properties(test_device PROPERTIES PREFIX "" OUTPUT_NAME test-device SUFFIX ".node"
  BUILD_RPATH "${STEGO_LIBTORCH_DIR}/lib" LIBRARY_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:stego>/test-device"
  RUNTIME_OUTPUT_DIRECTORY "$<TARGET_FILE_DIR:stego>/test-device")
