#include "binding/correspond_call.h"

#include "binding/handles.h"
#include "binding/values.h"
#include "model/correspond.h"

namespace stego {

Napi::Value submit_correspond(const Napi::CallbackInfo& info,
                              std::shared_ptr<const VisionTransformer> backbone,
                              std::shared_ptr<const SegmentationHead> head) {
  KeepAlive keep;
  const ImageView image = read_pixels(info[0], 3, keep);
  std::optional<ImageView> other;
  if (!info[1].IsNull()) other = read_pixels(info[1], 3, keep);
  const at::Tensor points = read_tensor(info[2], "the points", keep);
  require(points.scalar_type() == at::kFloat, "Expected float32 points.");
  const Napi::Object object = read_object(info[3], "the options");
  const CorrespondOptions options{read_transform(object.Get("transform")),
                                  read_boolean(object.Get("subtractMean"), "subtractMean")};
  return submit(info.Env(), read_cancel(info[4]), std::move(keep), [=](const CancelFlag& cancel) -> Finish {
    const HeatMaps maps = correspond(*backbone, head.get(), image, other, points.clone(), options, cancel);
    return [maps](Napi::Env env) -> Napi::Value {
      Napi::Object result = Napi::Object::New(env);
      result.Set("self", write_tensor(env, maps.self));
      result.Set("other", maps.other ? write_tensor(env, *maps.other) : env.Null());
      return result;
    };
  });
}

}  // namespace stego
