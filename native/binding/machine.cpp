#include "binding/machine.h"

#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "binding/errors.h"
#include "binding/values.h"
#include "core/error.h"
#include "core/instructions.h"
#include "device/devices.h"
#include "device/graphs.h"

namespace stego {

namespace {

// matrixProductPeak(size, repeats): Promise<number>, the best GFLOP/s of a float32 product of two size x size
// matrices
Napi::Value matrix_product_peak(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t size = read_integer(info[0], "the size"), repeats = read_integer(info[1], "repeats");
    require(size >= 1 && size <= 8192 && repeats >= 1,
            "Expected a size between 1 and 8192 and at least one repeat, got ", size, " and ", repeats, ".");
    return submit(info.Env(), std::make_shared<CancelFlag>(), {},
                  [size, repeats](const CancelFlag& cancel) -> Finish {
                    const at::NoGradGuard no_grad;
                    const at::Tensor a = at::rand({size, size}), b = at::rand({size, size});
                    at::Tensor product = at::mm(a, b);
                    double best = 0;
                    for (int64_t i = 0; i < repeats; ++i) {
                      cancel.poll();
                      const auto start = std::chrono::steady_clock::now();
                      at::mm_out(product, a, b);
                      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
                      best = std::max(best, 2e-9 * static_cast<double>(size * size * size) / seconds.count());
                    }
                    return [best](Napi::Env env) { return Napi::Number::New(env, best); };
                  });
  });
}

// limitInstructions(most): kernels use no wider set from now on
Napi::Value limit_kernels(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    limit_instructions(read_instructions(info[0]));
    return info.Env().Undefined();
  });
}

// useGraphs(graphs): work on CUDA devices is replayed as graphs from now on, or no longer
Napi::Value use_graphs_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    use_graphs(read_boolean(info[0], "graphs"));
    return info.Env().Undefined();
  });
}

const char* name_of(Instructions instructions) {
  switch (instructions) {
    case Instructions::avx512:
      return "avx512";
    case Instructions::avx2:
      return "avx2";
    case Instructions::operators:
      return "operators";
    default:
      return "portable";
  }
}

// The value of a key in libtorch's build settings, "KEY=value, "; empty if it is not listed.
std::string build_setting(const std::string& settings, const std::string& key) {
  const size_t found = settings.find(key + "=");
  if (found == std::string::npos) return {};
  const size_t begin = found + key.size() + 1;
  return settings.substr(begin, settings.find_first_of(",\n", begin) - begin);
}

// describeMachine(): what the kernels choose on this processor, and the running libtorch next to the one the
// addon was built against
Napi::Value describe_machine(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const std::string settings = at::show_config();
    Napi::Object libtorch = Napi::Object::New(env);
    libtorch.Set("built", TORCH_VERSION);
    libtorch.Set("running", build_setting(settings, "TORCH_VERSION"));
    libtorch.Set("cuda", build_setting(settings, "USE_CUDA") != "0");
    libtorch.Set("instructions", at::get_cpu_capability());
    Napi::Object machine = Napi::Object::New(env);
    Napi::Object kernels = Napi::Object::New(env);
    kernels.Set("instructions", name_of(available(Instructions::automatic)));
    kernels.Set("processor", name_of(widest_of_processor()));
    const Instructions limit = instructions_limit();
    kernels.Set("limit",
                limit == Instructions::automatic ? env.Null() : Napi::String::New(env, name_of(limit)));
    kernels.Set("int8Products", has_int8_products());
    kernels.Set("bfloat16Products", has_bfloat16());
    machine.Set("kernels", kernels);
    machine.Set("libtorch", libtorch);
    return machine;
  });
}

// describeCuda(): what the addon and this machine have of CUDA
Napi::Value describe_cuda(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const Napi::Env env = info.Env();
    const CudaInfo cuda = cuda_info();
    Napi::Array devices = Napi::Array::New(env, cuda.devices.size());
    for (size_t i = 0; i < cuda.devices.size(); ++i) {
      const auto& [name, major, minor, bytes] = cuda.devices[i];
      Napi::Array capability = Napi::Array::New(env, 2);
      capability.Set(0u, major);
      capability.Set(1u, minor);
      Napi::Object device = Napi::Object::New(env);
      device.Set("name", name);
      device.Set("capability", capability);
      device.Set("bytes", static_cast<double>(bytes));
      devices.Set(static_cast<uint32_t>(i), device);
    }
    Napi::Object result = Napi::Object::New(env);
    result.Set("built", cuda.built);
    result.Set("runtime", cuda.runtime);
    result.Set("driver", cuda.driver);
    result.Set("error", cuda.error);
    result.Set("message", cuda.message);
    result.Set("devices", devices);
    return result;
  });
}

}  // namespace

void define_machine(Napi::Env env, Napi::Object exports) {
  exports.Set("limitInstructions", Napi::Function::New<limit_kernels>(env, "limitInstructions"));
  exports.Set("describeMachine", Napi::Function::New<describe_machine>(env, "describeMachine"));
  exports.Set("useGraphs", Napi::Function::New<use_graphs_operator>(env, "useGraphs"));
  exports.Set("describeCuda", Napi::Function::New<describe_cuda>(env, "describeCuda"));
  exports.Set("matrixProductPeak", Napi::Function::New<matrix_product_peak>(env, "matrixProductPeak"));
}

}  // namespace stego
