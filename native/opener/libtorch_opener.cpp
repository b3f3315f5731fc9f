// A separate addon that opens libraries by absolute path before the addon linked against them is loaded
// (lib/native/libtorch.ts). It links against neither libtorch, of which it only knows the version, nor
// node-addon-api, so it always loads.
#include <node_api.h>
#include <torch/headeronly/version.h>

#include <string>
#include <vector>

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace {

// Opens one library for the whole process, permanently. Returns what went wrong, or nothing on success.
std::string open_library(const std::string& path) {
#ifdef _WIN32
  const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
  std::wstring wide(static_cast<size_t>(length), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), length);
  if (LoadLibraryExW(wide.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH)) return {};
  return path + ": error " + std::to_string(GetLastError()) + " from Windows";
#else
  if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) return {};
  const char* reason = dlerror();
  return reason ? reason : path + ": cannot be opened";
#endif
}

// Reads an array of strings; false if the value is not one.
bool read_paths(napi_env env, napi_value value, std::vector<std::string>& paths) {
  uint32_t count = 0;
  if (napi_get_array_length(env, value, &count) != napi_ok) return false;
  for (uint32_t i = 0; i < count; ++i) {
    napi_value element;
    size_t length = 0;
    if (napi_get_element(env, value, i, &element) != napi_ok ||
        napi_get_value_string_utf8(env, element, nullptr, 0, &length) != napi_ok) {
      return false;
    }
    std::string path(length, '\0');
    napi_get_value_string_utf8(env, element, path.data(), length + 1, &length);
    paths.push_back(std::move(path));
  }
  return true;
}

// open(libraries): opens them in order; throws the system's message for the first that fails
napi_value open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  std::vector<std::string> paths;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count < 1 ||
      !read_paths(env, argument, paths)) {
    napi_throw_type_error(env, nullptr, "Expected an array of absolute paths.");
    return nullptr;
  }
  for (const std::string& path : paths) {
    const std::string problem = open_library(path);
    if (!problem.empty()) {
      napi_throw_error(env, nullptr, problem.c_str());
      return nullptr;
    }
  }
  return nullptr;
}

}  // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  if (napi_create_function(env, "open", NAPI_AUTO_LENGTH, open, nullptr, &function) == napi_ok) {
    napi_set_named_property(env, exports, "open", function);
  }
  // libtorch: the version that the main addon is built against
  napi_value version;
  if (napi_create_string_utf8(env, TORCH_VERSION, NAPI_AUTO_LENGTH, &version) == napi_ok) {
    napi_set_named_property(env, exports, "libtorch", version);
  }
  return exports;
}
