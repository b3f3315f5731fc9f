#include "binding/errors.h"
#include "binding/handles.h"
#include "binding/operators.h"
#include "binding/values.h"
#include "core/describe.h"
#include "core/error.h"
#include "imaging/normalize.h"

namespace stego {

namespace {

// prepareImages(images, transform): Promise<Tensor [B, 3, H, W]>
Napi::Value prepare_images_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const auto images = read_images(info[0], keep);
    const Transform transform = read_transform(info[1]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), std::move(keep),
                  [images, transform](const CancelFlag& cancel) -> Finish {
                    const at::Tensor prepared = prepare_images(images, transform, at::kCPU, cancel);
                    return [prepared](Napi::Env env) { return write_tensor(env, prepared); };
                  });
  });
}

// transformBytes(image, channels, transform): Promise<{ data, width, height }>, the resized and cropped bytes
// of a picture (3 channels) or label map (1)
Napi::Value transform_bytes_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const int64_t channels = read_integer(info[1], "channels");
    require(channels == 1 || channels == 3, "Expected 1 or 3 channels, got ", channels, ".");
    const ImageView image = read_pixels(info[0], channels, keep);
    const Transform transform = read_transform(info[2]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), std::move(keep),
                  [image, transform](const CancelFlag&) -> Finish {
                    const at::Tensor bytes =
                        transform_bytes(image, map_pixels(image.height, image.width, transform));
                    return [bytes](Napi::Env env) -> Napi::Value {
                      Napi::Object result = Napi::Object::New(env);
                      result.Set("data", write_data(env, bytes));
                      result.Set("height", static_cast<double>(bytes.size(0)));
                      result.Set("width", static_cast<double>(bytes.size(1)));
                      return result;
                    };
                  });
  });
}

// denormalize(image [3, H, W]): Tensor<Uint8Array> [H, W, 3]
Napi::Value denormalize_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor image = read_tensor(info[0], "the image", keep);
    require(image.dim() == 3 && image.size(0) == 3 && image.scalar_type() == at::kFloat,
            "Expected a float32 image [3, H, W], got ", described(image), ".");
    return write_tensor(info.Env(), denormalize(image));
  });
}

// nearestIndices(n, m): number[]
Napi::Value nearest_indices_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t from = read_integer(info[0], "n"), to = read_integer(info[1], "m");
    require(from >= 1 && to >= 1 && from <= 1 << 24 && to <= 1 << 24,
            "Expected sizes between 1 and 2^24, got ", from, " and ", to, ".");
    return write_numbers(info.Env(), nearest_indices(from, to));
  });
}

// { method, probes, seed, products }
SearchOptions read_search(const Napi::Value& value) {
  const Napi::Object options = read_object(value, "the search");
  SearchOptions result;
  result.method = read_choice<SearchMethod>(options.Get("method"), "method",
                                            {{"auto", SearchMethod::automatic},
                                             {"exact", SearchMethod::exact},
                                             {"inverted-file", SearchMethod::inverted_file}});
  result.probes = read_integer(options.Get("probes"), "probes");
  result.seed = static_cast<uint64_t>(read_integer(options.Get("seed"), "seed"));
  result.products = read_choice<Products>(
      options.Get("products"), "products",
      {{"auto", Products::automatic}, {"float32", Products::float32}, {"int8", Products::int8}});
  return result;
}

// nearestNeighbors(vectors [N, C], k, search, cancel): Promise<{ indices, similarities, recall, decided }>
Napi::Value nearest_neighbors_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const at::Tensor vectors = read_tensor(info[0], "the vectors", keep);
    const int64_t k = read_integer(info[1], "k");
    const SearchOptions search = read_search(info[2]);
    require(vectors.dim() == 2 && vectors.scalar_type() == at::kFloat,
            "Expected float32 vectors [N, C], got ", described(vectors), ".");
    return submit(info.Env(), read_cancel(info[3]), std::move(keep),
                  [vectors, k, search](const CancelFlag& cancel) -> Finish {
                    const Neighbors neighbors = nearest_neighbors(vectors, k, cancel, search);
                    return [neighbors](Napi::Env env) {
                      Napi::Object result = write_neighbors(env, neighbors);
                      result.Set("decided", static_cast<double>(neighbors.decided));
                      return result;
                    };
                  });
  });
}

}  // namespace

void define_imaging_operators(Napi::Env env, Napi::Object exports) {
  exports.Set("prepareImages", Napi::Function::New<prepare_images_operator>(env, "prepareImages"));
  exports.Set("transformBytes", Napi::Function::New<transform_bytes_operator>(env, "transformBytes"));
  exports.Set("denormalize", Napi::Function::New<denormalize_operator>(env, "denormalize"));
  exports.Set("nearestIndices", Napi::Function::New<nearest_indices_operator>(env, "nearestIndices"));
  exports.Set("nearestNeighbors", Napi::Function::New<nearest_neighbors_operator>(env, "nearestNeighbors"));
}

}  // namespace stego
