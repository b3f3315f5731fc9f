#include "binding/handles.h"
#include "binding/tags.h"
#include "binding/values.h"

namespace stego {

namespace {

constexpr int64_t kBytes = int64_t{96} << 20;  // for its counts

at::Tensor read_coordinates(const Napi::Value& value, const char* name, KeepAlive& keep) {
  const at::Tensor coordinates = read_tensor(value, name, keep);
  require(coordinates.scalar_type() == at::kFloat, "Expected ", name, " in float32.");
  return coordinates;
}

Napi::Object write_curve(Napi::Env env, const PrecisionRecallCurve& curve) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("precision", write_numbers(env, curve.precision));
  result.Set("recall", write_numbers(env, curve.recall));
  result.Set("averagePrecision", curve.average_precision);
  return result;
}

}  // namespace

Napi::Function PairScoresHandle::define(Napi::Env env) {
  return DefineClass(
      env, "PairScores",
      {InstanceMethod<&PairScoresHandle::add>("add"), InstanceMethod<&PairScoresHandle::curves>("curves"),
       InstanceMethod<&PairScoresHandle::dispose>("dispose")});
}

// new PairScores(network)
PairScoresHandle::PairScoresHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    network_ = read_network(info[0]);
    hold(info.Env(), std::make_shared<PairScores>(), kBytes);
  });
}

// add({ images, partners, first, second, transform }, cancel): Promise<void>
Napi::Value PairScoresHandle::add(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const Napi::Object object = read_object(info[0], "the pairs");
    const auto images = read_labeled(object.Get("images"), "images", keep);
    const auto partners = read_labeled(object.Get("partners"), "partners", keep);
    const at::Tensor first = read_coordinates(object.Get("first"), "first", keep);
    const at::Tensor second = read_coordinates(object.Get("second"), "second", keep);
    const Transform transform = read_transform(object.Get("transform"));
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [scores = held(), network = network_, images, partners, first, second,
                   transform](const CancelFlag& cancel) -> Finish {
                    scores->add(*network, images, partners, first.clone(), second.clone(), transform, cancel);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// curves(points, cancel): Promise<{ features, codes, crf, pairs, positives }>
Napi::Value PairScoresHandle::curves(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t points = read_integer(info[0], "the number of points");
    return submit(info.Env(), read_cancel(info[1]), {},
                  [scores = held(), points](const CancelFlag&) -> Finish {
                    const auto features = scores->features().curve(points);
                    const auto codes = scores->codes().curve(points), crf = scores->crf().curve(points);
                    const auto pairs = static_cast<double>(scores->features().total());
                    const auto positives = static_cast<double>(scores->features().positives());
                    return [=](Napi::Env env) -> Napi::Value {
                      Napi::Object result = Napi::Object::New(env);
                      result.Set("features", write_curve(env, features));
                      result.Set("codes", write_curve(env, codes));
                      result.Set("crf", write_curve(env, crf));
                      result.Set("pairs", pairs);
                      result.Set("positives", positives);
                      return result;
                    };
                  });
  });
}

}  // namespace stego
