#include "binding/machine.h"

#include <algorithm>
#include <chrono>

#include "binding/errors.h"
#include "binding/values.h"
#include "core/error.h"
#include "core/instructions.h"

namespace stego {

namespace {

// matrixProductPeak(size, repeats): Promise<number>, the best GFLOP/s of a float32 product of two size x size
// matrices
Napi::Value matrix_product_peak(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t size = read_integer(info[0], "the size"), repeats = read_integer(info[1], "repeats");
    require(size >= 1 && size <= 8192 && repeats >= 1,
            "Expected a size between 1 and 8192 and at least one repeat.");
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

// hasBfloat16(): boolean, whether the processor multiplies bfloat16 matrices
Napi::Value tell_bfloat16(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), has_bfloat16());
}

}  // namespace

void define_machine(Napi::Env env, Napi::Object exports) {
  exports.Set("hasBfloat16", Napi::Function::New<tell_bfloat16>(env, "hasBfloat16"));
  exports.Set("matrixProductPeak", Napi::Function::New<matrix_product_peak>(env, "matrixProductPeak"));
}

}  // namespace stego
