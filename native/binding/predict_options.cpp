#include "binding/predict_options.h"

namespace stego {

namespace {

const std::vector<std::pair<const char*, PredictionHead>> kHeads = {
    {"kmeans", PredictionHead::kmeans},
    {"clusterProbe", PredictionHead::cluster_probe},
    {"linearProbe", PredictionHead::linear_probe},
    {"baselineKmeans", PredictionHead::baseline_kmeans},
    {"baselineLinearProbe", PredictionHead::baseline_linear_probe}};

}  // namespace

const char* head_name(PredictionHead head) {
  for (const auto& [name, value] : kHeads) {
    if (value == head) return name;
  }
  return "";
}

namespace {

std::vector<PredictionHead> read_heads(const Napi::Value& value, const char* name) {
  const Napi::Array array = read_array(value, name);
  std::vector<PredictionHead> heads;
  for (uint32_t i = 0; i < array.Length(); ++i) heads.push_back(read_choice(array.Get(i), name, kHeads));
  return heads;
}

}  // namespace

PredictOptions read_predict_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "the options");
  PredictOptions options{};
  options.transform = read_transform(object.Get("transform"));
  options.flip = read_boolean(object.Get("flip"), "flip");
  options.original_size =
      read_choice<bool>(object.Get("size"), "size", {{"transform", false}, {"original", true}});
  options.heads = read_heads(object.Get("heads"), "heads");
  options.log_probabilities = read_heads(object.Get("logProbabilities"), "logProbabilities");
  options.temperature = read_number(object.Get("temperature"), "temperature");
  options.crf = read_boolean(object.Get("crf"), "crf");
  return options;
}

}  // namespace stego
