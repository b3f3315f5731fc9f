#include "binding/handles.h"
#include "binding/predict_options.h"

namespace stego {

Napi::Function ScoresHandle::define(Napi::Env env) {
  return DefineClass(
      env, "Scores",
      {InstanceMethod<&ScoresHandle::add>("add"), InstanceMethod<&ScoresHandle::counts>("counts"),
       InstanceMethod<&ScoresHandle::dispose>("dispose")});
}

// new Scores(network, options)
ScoresHandle::ScoresHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    network_ = read_network(info[0]);
    hold(info.Env(), std::make_shared<Scores>(read_predict_options(info[1])), 0);
  });
}

// add(images, cancel): Promise<void>
Napi::Value ScoresHandle::add(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto images = read_labeled(info[0], "images", keep);
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [scores = held(), network = network_, images](const CancelFlag& cancel) -> Finish {
                    scores->add(*network, images, cancel);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// counts(): Promise<Record<head, Tensor<Float64Array> [predictions, classes]>>
Napi::Value ScoresHandle::counts(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    return submit(info.Env(), read_cancel(info.Env().Undefined()), {},
                  [scores = held()](const CancelFlag&) -> Finish {
                    return [counts = scores->counts()](Napi::Env env) -> Napi::Value {
                      Napi::Object result = Napi::Object::New(env);
                      for (const auto& [head, tensor] : counts) {
                        result.Set(head_name(head), write_tensor(env, tensor.to(at::kDouble)));
                      }
                      return result;
                    };
                  });
  });
}

}  // namespace stego
