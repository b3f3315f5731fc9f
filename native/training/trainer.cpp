#include "training/trainer.h"

#include "core/error.h"
#include "core/random.h"
#include "head/cluster_probe.h"
#include "head/linear_probe.h"

namespace stego {

namespace {

NamedTensors probe_parameters(const std::string& name, const Pointwise& probe) {
  return {{name + ".weight", probe.weight}, {name + ".bias", probe.bias}};
}

NamedTensors trained(NamedTensors parameters) {
  for (auto& [name, parameter] : parameters) parameter.requires_grad_(true);
  return parameters;
}

std::vector<at::Tensor> take_gradients(const NamedTensors& parameters) {
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : parameters) {
    gradients.push_back(parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter));
    parameter.mutable_grad().reset();
  }
  return gradients;
}

void report(NamedTensors& report, const NamedTensors& parameters, const std::vector<at::Tensor>& gradients) {
  for (size_t i = 0; i < parameters.size(); ++i) report.emplace_back(parameters[i].first, gradients[i]);
}

double mean_of(const at::Tensor& values) {
  return values.defined() ? values.detach().mean().item<double>() : 0.0;
}

// The features and positions a step sees: gathered, dropped out, drawn.
struct StepBatch {
  at::Tensor features, positive_features;  // [B, h*w, C] as they are
  at::Tensor teacher, positive_teacher;    // as the loss sees them
  std::optional<DropoutMasks> masks, positive_masks;
  Draws draws;
};

StepBatch draw_batch(const FeatureStore& store, const std::vector<int64_t>& images,
                     const std::vector<int64_t>& positives, const LossOptions& loss, uint64_t seed,
                     const std::optional<Draws>& draws) {
  const at::NoGradGuard no_grad;
  const auto batch = static_cast<int64_t>(images.size());
  require(positives.size() == images.size(), "Expected one positive for each of ", images.size(),
          " images, got ", positives.size(), ".");
  at::Generator generator = make_generator(seed);
  StepBatch result;
  result.features = store.gather(images);
  result.positive_features = store.gather(positives);
  result.teacher = result.features;
  result.positive_teacher = result.positive_features;
  if (loss.dropout > 0) {
    const auto draw = [&] {
      return draw_dropout(batch, store.backbone().dim(), loss.dropout, generator)
          .to(result.features.device());
    };
    result.masks = draw();
    result.positive_masks = draw();
    if (loss.feature_dropout) {
      result.teacher = result.features * result.masks->features;
      result.positive_teacher = result.positive_features * result.positive_masks->features;
    }
  }
  result.draws = (draws ? *draws : draw_positions(batch, loss, generator)).to(result.features.device());
  return result;
}

}  // namespace

Trainer::Trainer(std::shared_ptr<Network> network, std::shared_ptr<FeatureStore> store)
    : network_(std::move(network)),
      store_(std::move(store)),
      head_optimizer_(trained(network_->head.parameters())),
      cluster_optimizer_(trained({{"clusters", network_->clusters}})) {
  if (network_->linear) linear_optimizer_.emplace(probe_parameters("linear", *network_->linear));
  if (network_->raw_linear)
    raw_linear_optimizer_.emplace(probe_parameters("raw.linear", *network_->raw_linear));
}

StepLosses Trainer::step(const StepInput& input, const CancelFlag& cancel) {
  const int64_t height = store_->grid_height(), width = store_->grid_width();
  const StepBatch batch =
      draw_batch(*store_, input.images, input.positives, input.loss, input.seed, input.draws);
  cancel.poll();

  const auto forward = [&](const at::Tensor& features, const std::optional<DropoutMasks>& masks) {
    return network_->head.forward(features, masks ? &*masks : nullptr);
  };
  const at::Tensor codes = forward(batch.features, batch.masks);  // [B, h*w, dim]
  const at::Tensor positive_codes = forward(batch.positive_features, batch.positive_masks);
  cancel.poll();

  const CorrespondenceLoss correspondence = correspondence_loss(
      {batch.teacher, codes, batch.positive_teacher, positive_codes, height, width}, batch.draws, input.loss);
  const at::Tensor detached = codes.detach();
  const at::Tensor cluster_loss = cluster_lookup(detached, network_->clusters, c10::nullopt).loss;
  cancel.poll();
  (correspondence.total + cluster_loss).backward();
  const std::vector<at::Tensor> head_gradients = take_gradients(head_optimizer_.parameters());
  const std::vector<at::Tensor> cluster_gradients = take_gradients(cluster_optimizer_.parameters());
  cancel.poll();

  // The probes' gradients end at their own weights.
  std::optional<ProbeLoss> linear, raw_linear;
  if (network_->linear) linear = linear_probe_loss(*network_->linear, detached, height, width, input.labels);
  cancel.poll();
  if (network_->raw_linear) {
    raw_linear = linear_probe_loss(*network_->raw_linear, batch.features, height, width, input.labels);
  }
  cancel.poll();

  StepLosses losses{correspondence.total.item<double>(),
                    mean_of(correspondence.self.loss),
                    mean_of(correspondence.knn.loss),
                    mean_of(correspondence.random.loss),
                    cluster_loss.item<double>(),
                    {mean_of(correspondence.self.similarity), mean_of(correspondence.knn.similarity),
                     mean_of(correspondence.random.similarity)},
                    {},
                    {},
                    {}};
  head_optimizer_.step(head_gradients, input.learning_rates.head);
  report(losses.gradients, head_optimizer_.parameters(), head_gradients);
  const auto update = [&](std::optional<Adam>& optimizer, const std::optional<ProbeLoss>& probe,
                          std::optional<double>& loss) {
    if (!probe || probe->valid == 0) return;
    loss = probe->loss;
    optimizer->step({probe->weight_gradient, probe->bias_gradient}, input.learning_rates.linear);
    report(losses.gradients, optimizer->parameters(), {probe->weight_gradient, probe->bias_gradient});
  };
  update(linear_optimizer_, linear, losses.linear);
  update(raw_linear_optimizer_, raw_linear, losses.raw_linear);
  cluster_optimizer_.step(cluster_gradients, input.learning_rates.cluster);
  report(losses.gradients, cluster_optimizer_.parameters(), cluster_gradients);
  network_->kmeans.reset();  // centres fitted before belong to other codes
  return losses;
}

void Trainer::measure(const std::vector<int64_t>& images, const std::vector<int64_t>& positives,
                      uint64_t seed, const LossOptions& loss) {
  const StepBatch batch = draw_batch(*store_, images, positives, loss, seed, std::nullopt);
  meter_.add(feature_correspondences(batch.teacher, batch.positive_teacher, store_->grid_height(),
                                     store_->grid_width(), batch.draws, loss));
}

Distributions Trainer::read_distributions(const PairValues& quantiles) {
  const Distributions distributions = meter_.read(quantiles);
  meter_ = {};
  return distributions;
}

void Trainer::collect(const std::vector<int64_t>& images, bool raw) {
  const at::NoGradGuard no_grad;
  for (const int64_t image : images) {
    const at::Tensor features = store_->gather({image})[0];  // [h*w, C]
    collected_.push_back(raw ? features : network_->head.forward(features));
  }
}

KMeansResult Trainer::fit_kmeans(bool raw, const KMeansOptions& options, const CancelFlag& cancel) {
  require(!collected_.empty(), "Expected vectors to cluster, but none were collected.");
  at::Tensor vectors = at::cat(collected_);
  collected_.clear();
  KMeansResult result = cosine_kmeans(vectors, options, cancel);
  (raw ? network_->raw_kmeans : network_->kmeans) = result.centers;
  return result;
}

void Trainer::save(TensorMap& tensors) const {
  network_->save(tensors);
  head_optimizer_.save(tensors, "head");
  cluster_optimizer_.save(tensors, "cluster");
  if (linear_optimizer_) linear_optimizer_->save(tensors, "linear");
  if (raw_linear_optimizer_) raw_linear_optimizer_->save(tensors, "raw_linear");
}

void Trainer::load(const TensorMap& tensors) {
  head_optimizer_.load(tensors, "head");
  cluster_optimizer_.load(tensors, "cluster");
  if (linear_optimizer_) linear_optimizer_->load(tensors, "linear");
  if (raw_linear_optimizer_) raw_linear_optimizer_->load(tensors, "raw_linear");
}

}  // namespace stego
