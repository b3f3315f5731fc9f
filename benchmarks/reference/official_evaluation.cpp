// Times the official evaluation of a picture (eval_segmentation.py): the picture and its mirror image go
// through the backbone one after the other, their codes are averaged and enlarged, and both probes give
// log-probabilities for every pixel. Without the CRF.
//
//   official_evaluation <weights.safetensors> <heads> <side> <threads>
//
// The first output line is the largest difference between a code and this package's. After that, each input
// line is answered with the milliseconds for one picture.
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>

#include "model/predict.h"
#include "official_vit.h"
#include "weights/weight_file.h"

namespace {

using namespace stego;

constexpr int64_t kClasses = 27;
constexpr double kTemperature = 2;

at::Tensor convolve(const at::Tensor& map, const Pointwise& layer) {
  return at::conv2d(map, layer.weight.unsqueeze(-1).unsqueeze(-1), layer.bias);
}

at::Tensor unit(const at::Tensor& map) {
  return map / at::linalg_vector_norm(map, 2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

struct OfficialEvaluation {
  OfficialVit vit;
  std::vector<Pointwise> head;  // linear; hidden and output of the nonlinear branch
  Pointwise linear;
  at::Tensor clusters;  // [K, dim]

  // DinoFeaturizer.forward in evaluation: [1, dim, h, w]
  at::Tensor encode(const at::Tensor& image) const {
    const int64_t patch = vit.of("patch_embed.proj.weight").size(2);
    const at::Tensor map =
        vit.features(image).transpose(1, 2).unflatten(2, {image.size(2) / patch, image.size(3) / patch});
    return convolve(map, head[0]) + convolve(at::relu(convolve(map, head[1])), head[2]);
  }

  at::Tensor codes(const at::Tensor& image) const {
    return (encode(image) + encode(image.flip({3})).flip({3})) / 2;
  }

  // Labels from the linear probe and the cluster probe, [2, H, W].
  at::Tensor labels(const at::Tensor& image) const {
    const at::Tensor enlarged =
        at::upsample_bilinear2d(codes(image), image.sizes().slice(2), /*align_corners=*/false);
    const at::Tensor linear_probabilities = at::log_softmax(convolve(enlarged, linear), 1);
    const at::Tensor cosines = at::einsum("bchw,nc->bnhw", {unit(enlarged), unit(clusters)});
    const at::Tensor cluster_probabilities = at::log_softmax(cosines * kTemperature, 1);
    return at::cat({linear_probabilities.argmax(1), cluster_probabilities.argmax(1)});
  }
};

int run(const std::vector<std::string>& words) {
  require(words.size() == 5, "Expected weights, heads, side and threads.");
  const at::NoGradGuard no_grad;
  const int64_t heads = std::stoll(words[2]), side = std::stoll(words[3]);
  at::set_num_threads(std::stoi(words[4]));
  OfficialVit vit{read_weights(words[1]), heads, {}};
  const auto backbone =
      std::make_shared<VisionTransformer>(vit.weights, "", heads, FeatureOptions(), Target());
  for (auto& [name, tensor] : vit.weights) tensor = tensor.to(at::kFloat);
  const at::Tensor image = at::rand({1, 3, side, side}) * 4 - 2;
  vit.positions = backbone->trace(image, 1, {}).positions;
  NetworkOptions options;
  options.classes = kClasses;
  const Network network = Network::initial(backbone, options, /*linear=*/true);
  const auto parameters = network.head.parameters();
  OfficialEvaluation official{std::move(vit), {}, *network.linear, network.clusters};
  for (size_t i = 0; i < parameters.size(); i += 2)
    official.head.push_back({parameters[i].second, parameters[i + 1].second});

  const at::Tensor own = compute_grids(network, image, /*flip=*/true, {}).codes.permute({0, 3, 1, 2});
  std::cout << (official.codes(image) - own).abs().max().item<double>() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    official.labels(image);
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    std::cout << elapsed.count() << std::endl;
  }
  return 0;
}

}  // namespace

int main(int count, char** words) {
  try {
    return run({words, words + count});
  } catch (const std::exception& error) {
    std::cerr << error.what() << std::endl;
    return 1;
  }
}
