// Times the official training step (train_segmentation.py, modules.py): both batches of images go through the
// backbone, dropout multiplies whole maps, correspondences and enlarged logits exist in full, and autograd
// does the rest. Trains two linear probes like this package, on codes and on features.
//
//   official_step <weights.safetensors> <heads> <side> <batch> <threads> <steps>
//
// The first output line is the largest relative difference between any loss over that many steps and this
// package's steps on stored features, with the same draws. After that, each input line is answered with the
// milliseconds of one step.
#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <iostream>

#include "core/random.h"
#include "official_vit.h"
#include "training/trainer.h"
#include "weights/weight_file.h"

namespace {

using namespace stego;

constexpr int64_t kClasses = 27;
constexpr double kHeadRate = 5e-4, kProbeRate = 5e-3;

struct Losses {
  double correspondence, cluster, linear, raw_linear;
};

// torch.optim.Adam, one operator after another.
class PlainAdam {
 public:
  PlainAdam(std::vector<at::Tensor> parameters, double rate)
      : parameters_(std::move(parameters)), rate_(rate) {
    for (at::Tensor& parameter : parameters_) {
      parameter.requires_grad_(true);
      means_.push_back(at::zeros_like(parameter).detach());
      squares_.push_back(at::zeros_like(parameter).detach());
    }
  }

  void step() {
    const at::NoGradGuard no_grad;
    ++steps_;
    const double first = 1 - std::pow(0.9, steps_), second = 1 - std::pow(0.999, steps_);
    for (size_t i = 0; i < parameters_.size(); ++i) {
      const at::Tensor gradient = parameters_[i].grad();
      means_[i].mul_(0.9).add_(gradient, 0.1);
      squares_[i].mul_(0.999).addcmul_(gradient, gradient, 0.001);
      const at::Tensor divisor = (squares_[i].sqrt() / std::sqrt(second)).add_(1e-8);
      parameters_[i].addcdiv_(means_[i], divisor, -rate_ / first);
      parameters_[i].mutable_grad().reset();
    }
  }

 private:
  std::vector<at::Tensor> parameters_, means_, squares_;
  double rate_;
  int steps_ = 0;
};

// L2-normalizes over the channels of a map [B, C, ...].
at::Tensor unit(const at::Tensor& map, double eps) {
  return map / at::linalg_vector_norm(map, 2, {1}, /*keepdim=*/true).clamp_min(eps);
}

// modules.py sample: reads [B, C, h, w] at coordinates [B, S, S, 2].
at::Tensor sample(const at::Tensor& map, const at::Tensor& coordinates) {
  return at::grid_sampler(map, coordinates.permute({0, 2, 1, 3}), /*bilinear*/ 0, /*border*/ 1,
                          /*align_corners=*/true);
}

// modules.py tensor_correlation: every position of one with every position of the other, [B, S, S, S, S].
at::Tensor correlation(const at::Tensor& a, const at::Tensor& b) {
  return at::einsum("nchw,ncij->nhwij", {a, b});
}

// modules.py ContrastiveCorrelationLoss.helper
at::Tensor pair_loss(const at::Tensor& features1, const at::Tensor& features2, const at::Tensor& codes1,
                     const at::Tensor& codes2, double shift) {
  at::Tensor taught;
  {
    const at::NoGradGuard no_grad;
    taught = correlation(unit(features1, 1e-10), unit(features2, 1e-10));
    const at::Tensor mean = taught.mean();
    taught = taught - taught.mean({3, 4}, /*keepdim=*/true);
    taught = taught - taught.mean() + mean;
  }
  const at::Tensor similarity = correlation(unit(codes1, 1e-10), unit(codes2, 1e-10));
  return -similarity.clamp(0.0, 9999.0) * (taught - shift);
}

class OfficialTrainer {
 public:
  OfficialTrainer(OfficialVit vit, const Network& network) : vit_(std::move(vit)) {
    for (const auto& [name, parameter] : network.head.parameters()) head_.push_back(copy(parameter));
    linear_ = {copy(network.linear->weight), copy(network.linear->bias), copy(network.raw_linear->weight),
               copy(network.raw_linear->bias)};
    clusters_ = copy(network.clusters);
    optimizers_.emplace_back(head_, kHeadRate);
    optimizers_.emplace_back(linear_, kProbeRate);
    optimizers_.emplace_back(std::vector<at::Tensor>{clusters_}, kProbeRate);
  }

  // images and positives [B, 3, H, W], labels [B, H, W] int64; draws from the seed like this package's step.
  Losses step(const at::Tensor& images, const at::Tensor& positives, const at::Tensor& labels, uint64_t seed,
              const LossOptions& options) {
    at::Generator generator = make_generator(seed);
    const auto [raw, features, codes] = encode(images, options, generator);
    const auto [positive_raw, positive_features, positive_codes] = encode(positives, options, generator);
    const Draws draws = draw_positions(images.size(0), codes.size(2), codes.size(3), options, {}, generator);
    const at::Tensor correspondence =
        correspondence_loss(features, positive_features, codes, positive_codes, draws, options);
    const at::Tensor detached = codes.detach();
    const at::Tensor linear = probe_loss(detached, labels, linear_[0], linear_[1]);
    const at::Tensor raw_linear = probe_loss(raw, labels, linear_[2], linear_[3]);
    const at::Tensor cluster = cluster_loss(detached);
    (correspondence + linear + raw_linear + cluster).backward();
    for (PlainAdam& optimizer : optimizers_) optimizer.step();
    return {correspondence.item<double>(), cluster.item<double>(), linear.item<double>(),
            raw_linear.item<double>()};
  }

 private:
  struct Encoded {
    at::Tensor raw, features, codes;  // maps [B, C or dim, h, w]
  };

  static at::Tensor copy(const at::Tensor& parameter) { return parameter.detach().clone(); }

  static at::Tensor convolve(const at::Tensor& map, const at::Tensor& weight, const at::Tensor& bias) {
    return at::conv2d(map, weight.unsqueeze(-1).unsqueeze(-1), bias);
  }

  // DinoFeaturizer.forward
  Encoded encode(const at::Tensor& images, const LossOptions& options, at::Generator& generator) const {
    const int64_t side = images.size(2) / vit_.of("patch_embed.proj.weight").size(2);
    at::Tensor raw;
    {
      const at::NoGradGuard no_grad;
      raw = vit_.features(images).transpose(1, 2).unflatten(2, {side, -1}).contiguous();
    }
    const DropoutMasks masks = draw_dropout(images.size(0), raw.size(1), options.dropout, generator);
    const auto dropped = [&](const at::Tensor& mask) { return raw * mask.unflatten(-1, {-1, 1, 1}); };
    const at::Tensor codes =
        convolve(dropped(masks.linear), head_[0], head_[1]) +
        convolve(at::relu(convolve(dropped(masks.nonlinear), head_[2], head_[3])), head_[4], head_[5]);
    return {raw, dropped(masks.features), codes};
  }

  static at::Tensor correspondence_loss(const at::Tensor& features, const at::Tensor& positive_features,
                                        const at::Tensor& codes, const at::Tensor& positive_codes,
                                        const Draws& draws, const LossOptions& options) {
    const at::Tensor anchors = sample(features, draws.coordinates1),
                     code_anchors = sample(codes, draws.coordinates1);
    const auto with = [&](const at::Tensor& other_features, const at::Tensor& other_codes, double shift) {
      return pair_loss(anchors, sample(other_features, draws.coordinates2), code_anchors,
                       sample(other_codes, draws.coordinates2), shift);
    };
    std::vector<at::Tensor> random;
    for (const at::Tensor& others : draws.negatives.unbind(0)) {
      random.push_back(
          with(features.index_select(0, others), codes.index_select(0, others), options.shifts.random));
    }
    const at::Tensor self = pair_loss(anchors, anchors, code_anchors, code_anchors, options.shifts.self);
    const at::Tensor knn = with(positive_features, positive_codes, options.shifts.knn);
    return options.weights.self * self.mean() + options.weights.knn * knn.mean() +
           options.weights.random * at::cat(random).mean();
  }

  static at::Tensor probe_loss(const at::Tensor& map, const at::Tensor& labels, const at::Tensor& weight,
                               const at::Tensor& bias) {
    const at::Tensor logits = at::upsample_bilinear2d(convolve(map, weight, bias), labels.sizes().slice(1),
                                                      /*align_corners=*/false);
    const at::Tensor flat = logits.permute({0, 2, 3, 1}).reshape({-1, weight.size(0)});
    const at::Tensor valid = labels.reshape({-1}) < weight.size(0);
    return at::cross_entropy_loss(flat.index({valid}), labels.reshape({-1}).index({valid}));
  }

  // ClusterLookup.forward without alpha
  at::Tensor cluster_loss(const at::Tensor& codes) const {
    const at::Tensor cosines = at::einsum("bchw,nc->bnhw", {unit(codes, 1e-12), unit(clusters_, 1e-12)});
    const at::Tensor nearest =
        at::one_hot(cosines.argmax(1), clusters_.size(0)).permute({0, 3, 1, 2}).to(at::kFloat);
    return -(nearest * cosines).sum(1).mean();
  }

  OfficialVit vit_;
  std::vector<at::Tensor> head_, linear_;
  at::Tensor clusters_;
  std::vector<PlainAdam> optimizers_;
};

// A batch of smooth pictures, its positives, and labels, some of them void.
struct Batch {
  at::Tensor images, positives, labels;

  Batch(int64_t size, int64_t side) {
    at::Generator generator = make_generator(1);
    const auto pictures = [&] {
      const at::Tensor coarse = at::empty({size, 3, 7, 7}, at::kFloat).normal_(0, 1, generator);
      return at::upsample_bilinear2d(coarse, {side, side}, /*align_corners=*/false);
    };
    images = pictures();
    positives = pictures();
    labels = at::randint(kClasses + 1, {size, side, side}, generator, at::kLong);
  }
};

LossOptions loss_options() {
  LossOptions options;
  options.shifts = {0.18, 0.12, 0.46};
  return options;
}

// This package's step on a store of the batch's features.
class OwnTrainer {
 public:
  OwnTrainer(std::shared_ptr<Network> network, const Batch& batch)
      : store_(std::make_shared<FeatureStore>(
            network->backbone, StoreOptions{2 * batch.images.size(0), 0, int64_t{1} << 40, {}})),
        trainer_(std::move(network), store_) {
    const int64_t size = batch.images.size(0);
    for (int64_t i = 0; i < 2 * size; ++i) {
      const at::Tensor image = i < size ? batch.images[i] : batch.positives[i - size];
      store_->compute({i}, image.unsqueeze(0), {});
      (i < size ? input_.images : input_.positives).push_back(i);
    }
    for (const at::Tensor& labels : batch.labels.to(at::kByte).unbind(0)) input_.labels.push_back(labels);
    input_.learning_rates = {kHeadRate, kProbeRate, kProbeRate};
    input_.loss = loss_options();
  }

  Losses step(uint64_t seed) {
    input_.seed = seed;
    const StepLosses losses = trainer_.step(input_, {});
    return {losses.correspondence, losses.cluster, *losses.linear, *losses.raw_linear};
  }

 private:
  std::shared_ptr<FeatureStore> store_;
  Trainer trainer_;
  StepInput input_;
};

double relative_difference(const Losses& a, const Losses& b) {
  const auto one = [](double x, double y) { return std::abs(x - y) / std::abs(y); };
  return std::max({one(a.correspondence, b.correspondence), one(a.cluster, b.cluster),
                   one(a.linear, b.linear), one(a.raw_linear, b.raw_linear)});
}

int run(const std::vector<std::string>& words) {
  require(words.size() == 7, "Expected weights, heads, side, batch, threads and steps.");
  const int64_t heads = std::stoll(words[2]), side = std::stoll(words[3]), size = std::stoll(words[4]);
  at::set_num_threads(std::stoi(words[5]));
  OfficialVit vit{read_weights(words[1]), heads, {}};
  const auto backbone =
      std::make_shared<VisionTransformer>(vit.weights, "", heads, FeatureOptions(), Target());
  for (auto& [name, tensor] : vit.weights) tensor = tensor.to(at::kFloat);
  const Batch batch(size, side);
  vit.positions = backbone->trace(batch.images.narrow(0, 0, 1), 1, {}).positions;
  NetworkOptions options;
  options.classes = kClasses;
  const auto network = std::make_shared<Network>(Network::initial(backbone, options, /*linear=*/true));
  OfficialTrainer official(std::move(vit), *network);
  const auto step = [&](uint64_t seed) {
    return official.step(batch.images, batch.positives, batch.labels, seed, loss_options());
  };

  OwnTrainer own(network, batch);
  double difference = 0;
  const uint64_t steps = std::stoull(words[6]);
  for (uint64_t seed = 0; seed < steps; ++seed) {
    difference = std::max(difference, relative_difference(own.step(seed), step(seed)));
  }
  std::cout << difference << std::endl;
  uint64_t seed = steps;
  for (std::string line; std::getline(std::cin, line);) {
    const auto start = std::chrono::steady_clock::now();
    step(seed++);
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
