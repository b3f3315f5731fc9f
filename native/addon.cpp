// Registers the addon's classes and functions.
#include "binding/environment.h"
#include "binding/handles.h"
#include "binding/machine.h"
#include "binding/operators.h"
#include "binding/tensor_files.h"
#include "binding/values.h"
#include "core/error.h"

namespace {

// configure({ threads }): size of the native OpenMP team, starting with the next job
void configure(const Napi::CallbackInfo& info) {
  stego::guarded(info.Env(), [&] {
    const int64_t threads =
        stego::read_integer(stego::read_object(info[0], "the options").Get("threads"), "threads");
    stego::require(threads >= 1 && threads <= 1024, "Expected between 1 and 1024 threads, got ", threads,
                   ".");
    stego::set_job_threads(static_cast<int>(threads));
  });
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new stego::Environment());
  stego::attach_job_thread(env);
  exports.Set("version", STEGO_VERSION);
  exports.Set("configure", Napi::Function::New(env, configure, "configure"));
  exports.Set("CancelToken", stego::CancelToken::define(env));
  exports.Set("Backbone", stego::BackboneHandle::define(env));
  exports.Set("Network", stego::NetworkHandle::define(env));
  exports.Set("Trainer", stego::TrainerHandle::define(env));
  exports.Set("Scores", stego::ScoresHandle::define(env));
  exports.Set("PairScores", stego::PairScoresHandle::define(env));
  stego::define_tensor_files(env, exports);
  stego::define_store_operators(env, exports);
  stego::define_imaging_operators(env, exports);
  stego::define_loss_operators(env, exports);
  stego::define_crf_operators(env, exports);
  stego::define_machine(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(stego, initialize)
