// Times the official formulation of the backbone (dino/vision_transformer.py): every attention matrix written
// out, one operator after another, float32, the whole batch at once.
//
//   official_backbone <weights.safetensors> <heads> <side> <batch> <threads>
//
// The first output line is the largest difference from this package's features. After that, each input line
// is answered with the milliseconds of one forward pass.
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>

#include "backbone/vision_transformer.h"
#include "official_vit.h"
#include "weights/weight_file.h"

namespace {

using namespace stego;

int run(const std::vector<std::string>& words) {
  require(words.size() == 6, "Expected weights, heads, side, batch and threads.");
  const at::NoGradGuard no_grad;
  const int64_t heads = std::stoll(words[2]), side = std::stoll(words[3]), batch = std::stoll(words[4]);
  at::set_num_threads(std::stoi(words[5]));
  OfficialVit official{read_weights(words[1]), heads, {}};
  const VisionTransformer own(official.weights, "", heads, {}, Target());
  for (auto& [name, tensor] : official.weights) tensor = tensor.to(at::kFloat);
  const at::Tensor images = at::rand({batch, 3, side, side}) * 4 - 2;
  official.positions = own.trace(images.narrow(0, 0, 1), 1, {}).positions;
  const at::Tensor difference = official.features(images) - own.features(images, {});
  std::cout << difference.abs().max().item<double>() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    official.features(images);
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
