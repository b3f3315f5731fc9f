#include "training/trainer.h"

#include "core/error.h"
#include "device/devices.h"
#include "head/cluster_probe.h"
#include "head/linear_probe.h"
#include "loss/alignment.h"
#include "loss/contrastive_crf.h"
#include "loss/reconstruction.h"
#include "training/step_codes.h"

namespace stego {

namespace {

NamedTensors layer_parameters(const std::string& name, const Pointwise& layer) {
  return {{name + ".weight", layer.weight}, {name + ".bias", layer.bias}};
}

NamedTensors trained(NamedTensors parameters) {
  for (auto& [name, parameter] : parameters) parameter.requires_grad_(true);
  return parameters;
}

NamedTensors decoder_parameters(const Network& network) {
  return network.decoder ? layer_parameters("decoder", *network.decoder) : NamedTensors();
}

// The head and, if present, the decoder: one group of the official code's first optimizer.
NamedTensors head_parameters(const Network& network) {
  NamedTensors parameters = network.head.parameters();
  for (auto& parameter : trained(decoder_parameters(network))) parameters.push_back(parameter);
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

SimilarityHistograms by_pair_type(const std::vector<std::vector<int64_t>>& slots) {
  SimilarityHistograms histograms{slots[kSelfSlot], slots[kNeighborSlot],
                                  std::vector<int64_t>(slots[kSelfSlot].size())};
  for (size_t slot = kRandomSlot; slot < slots.size(); ++slot) {
    for (size_t bin = 0; bin < slots[slot].size(); ++bin) histograms.random[bin] += slots[slot][bin];
  }
  return histograms;
}

std::optional<double> value_of(const at::Tensor& loss) {
  return loss.defined() ? std::optional<double>(loss.item<double>()) : std::nullopt;
}

}  // namespace

// The losses whose default weight is 0, unweighted; undefined if theirs is 0. `total` is their weighted sum.
struct Trainer::Terms {
  at::Tensor reconstruction, alignment, crf, total;
};

Trainer::Trainer(std::shared_ptr<Network> network, std::shared_ptr<FeatureStore> store)
    : network_(std::move(network)), store_(std::move(store)), head_optimizer_(head_parameters(*network_)) {
  create_probe_optimizers();
}

void Trainer::create_probe_optimizers() {
  cluster_optimizer_.emplace(trained({{"clusters", network_->cluster_probe}}));
  if (network_->linear_probe) linear_optimizer_.emplace(layer_parameters("linear", *network_->linear_probe));
  if (network_->baseline_linear_probe)
    baseline_linear_optimizer_.emplace(layer_parameters("baseline.linear", *network_->baseline_linear_probe));
}

void Trainer::reset_probes(uint64_t seed) {
  network_->reset_probes(seed);
  create_probe_optimizers();
}

at::Tensor Trainer::cluster_loss(const at::Tensor& codes, ClusterObjective objective) const {
  if (objective == ClusterObjective::nearest_center) {
    return cluster_lookup(codes, network_->cluster_probe, c10::nullopt).loss;
  }
  return -cluster_cosines(codes, network_->cluster_probe).amax(1).mean();  // [B, h*w, K] -> [B, K]
}

Trainer::Terms Trainer::optional_terms(const StepInput& input, const StepBatch& batch,
                                       const at::Tensor& codes, const at::Tensor& view_codes) const {
  const LossOptions& loss = input.settings.loss;
  const int64_t height = store_->grid_height(), width = store_->grid_width();
  Terms terms;
  const auto add = [&](const at::Tensor& term, double weight) {
    terms.total = terms.total.defined() ? terms.total + term * weight : term * weight;
  };
  if (loss.reconstruction_weight > 0) {
    require(network_->decoder.has_value(), "Expected a network with a decoder for the reconstruction term.");
    at::Tensor features = at::stack(batch.features);
    if (batch.masks && loss.feature_dropout) features.mul_(batch.masks->features.unsqueeze(1));
    terms.reconstruction = reconstruction_loss((*network_->decoder)(codes), features);
    add(terms.reconstruction, loss.reconstruction_weight);
  }
  if (loss.alignment.weight > 0) {
    require(view_codes.defined(), "Expected augmented views for the alignment term.");
    terms.alignment = alignment_loss(codes, view_codes, batch.view_coordinates, height, width,
                                     loss.alignment.official_axes);
    add(terms.alignment, loss.alignment.weight);
  }
  if (loss.crf.weight > 0) {
    terms.crf = contrastive_crf_term(store_->gather_pictures(input.images), codes, height, width,
                                     batch.draws.crf_places, loss.crf);
    add(terms.crf, loss.crf.weight);
  }
  return terms;
}

ProbeLabels Trainer::probe_labels(const StepInput& input) const {
  const bool probes = network_->linear_probe || network_->baseline_linear_probe;
  require(!probes || input.labels.size() == input.images.size(),
          "Expected one label map or none for each of ", input.images.size(), " images, got ",
          input.labels.size(), ".");
  return read_probe_labels(probes ? input.labels : std::vector<at::Tensor>(), network_->options.classes,
                           store_->grid_height(), store_->grid_width());
}

StepLosses Trainer::step(const StepInput& input, const CancelFlag& cancel) {
  const int64_t height = store_->grid_height(), width = store_->grid_width();
  const StepBatch batch = draw_batch(*store_, input, network_->options.classes, cancel);
  cancel.poll();

  StepCodes codes = encode_step(network_->head, batch, height, width, input.settings.loss.plain);
  cancel.poll();
  at::Tensor codes_gradient = at::zeros_like(codes.pass.codes);
  PairMaps map_gradients = codes.maps(codes_gradient);
  PairDetails details;
  details.histograms = input.histograms;
  const CorrespondenceLoss correspondence =
      correspondence_loss(batch.teacher, {codes.maps(codes.pass.codes), codes.points}, batch.draws,
                          input.settings.loss, map_gradients, details);
  cancel.poll();

  // Autograd handles the optional terms and the cluster probe.
  const at::Tensor own = codes.own(codes.pass.codes).requires_grad_(true),
                   views = codes.views(codes.pass.codes);
  if (views.defined()) views.requires_grad_(true);
  const Terms terms = optional_terms(input, batch, own, views);
  const at::Tensor cluster = cluster_loss(own.detach(), input.settings.loss.cluster_objective);
  (terms.total.defined() ? cluster + terms.total : cluster).backward();
  if (own.grad().defined()) codes.own(codes_gradient).add_(own.grad());
  if (views.defined() && views.grad().defined()) codes.views(codes_gradient).add_(views.grad());
  cancel.poll();
  std::vector<at::Tensor> head_gradients = network_->head.backward(codes.pass, codes_gradient);
  for (const at::Tensor& gradient : take_gradients(decoder_parameters(*network_)))
    head_gradients.push_back(gradient);
  const std::vector<at::Tensor> cluster_gradients = take_gradients(cluster_optimizer_->parameters());
  cancel.poll();

  // The probes' gradients stop at their own weights.
  const ProbeLabels labels = probe_labels(input);
  std::optional<ProbeLoss> linear, baseline;
  if (network_->linear_probe)
    linear = linear_probe_loss(*network_->linear_probe, own.detach().unbind(0), labels);
  cancel.poll();
  if (network_->baseline_linear_probe)
    baseline = linear_probe_loss(*network_->baseline_linear_probe, batch.features, labels);
  cancel.poll();

  StepLosses losses{};
  losses.correspondence = correspondence.total;
  losses.self = correspondence.self.loss;
  losses.knn = correspondence.knn.loss;
  losses.random = correspondence.random.loss;
  losses.similarity = {correspondence.self.similarity, correspondence.knn.similarity,
                       correspondence.random.similarity};
  losses.cluster_probe = cluster.item<double>();
  losses.reconstruction = value_of(terms.reconstruction);
  losses.alignment = value_of(terms.alignment);
  losses.crf = value_of(terms.crf);
  if (input.histograms) losses.histograms = by_pair_type(details.counts);
  head_optimizer_.step(head_gradients, input.settings.learning_rates.head);
  report(losses.gradients, head_optimizer_.parameters(), head_gradients);
  const auto update = [&](std::optional<Adam>& optimizer, const std::optional<ProbeLoss>& probe,
                          std::optional<double>& loss) {
    if (!probe || labels.valid == 0) return;
    loss = probe->loss;
    optimizer->step({probe->weight_gradient, probe->bias_gradient},
                    input.settings.learning_rates.linear_probe);
    report(losses.gradients, optimizer->parameters(), {probe->weight_gradient, probe->bias_gradient});
  };
  update(linear_optimizer_, linear, losses.linear_probe);
  update(baseline_linear_optimizer_, baseline, losses.baseline_linear_probe);
  cluster_optimizer_->step(cluster_gradients, input.settings.learning_rates.cluster_probe);
  report(losses.gradients, cluster_optimizer_->parameters(), cluster_gradients);
  network_->kmeans.reset();  // centers fitted earlier belong to other codes
  return losses;
}

void Trainer::measure(const StepInput& input, const CancelFlag& cancel) {
  const StepBatch batch = draw_batch(*store_, input, network_->options.classes, cancel);
  meter_.add(feature_correspondences(batch.teacher, batch.draws, input.settings.loss));
}

Distributions Trainer::read_distributions(const PairValues& quantiles) {
  const Distributions distributions = meter_.read(quantiles);
  meter_ = {};
  return distributions;
}

void Trainer::collect(const std::vector<int64_t>& images, bool baseline, int64_t total) {
  const at::NoGradGuard no_grad;
  const int64_t patches = store_->grid_height() * store_->grid_width();
  if (!collected_.defined()) {
    const int64_t width = baseline ? store_->backbone().dim() : network_->cluster_probe.size(1);
    const at::Device device = network_->backbone->device();
    const int64_t bytes = total * patches * width * static_cast<int64_t>(sizeof(float));
    const bool fits = bytes < device_memory(device).free / 4;  // k-means needs some beside them
    collected_ =
        at::empty({total * patches, width}, at::TensorOptions(at::kFloat).device(fits ? device : at::kCPU));
    collected_rows_ = 0;
  }
  for (const int64_t image : images) {
    require(collected_rows_ + patches <= collected_.size(0), "Expected vectors of at most ", total,
            " images, got more.");
    const at::Tensor features = store_->gather({image})[0];  // [h*w, C]
    collected_.narrow(0, collected_rows_, patches)
        .copy_(baseline ? features : network_->head.forward(features));
    collected_rows_ += patches;
  }
}

Trainer::Clusters Trainer::fit_kmeans(bool baseline, const KMeansOptions& options, const CancelFlag& cancel) {
  require(collected_.defined(), "Expected vectors to cluster, got none. Collect some first.");
  const at::Tensor vectors = std::exchange(collected_, {}).narrow(0, 0, collected_rows_);
  KMeansResult result = cosine_kmeans(vectors, options, cancel);
  (baseline ? network_->baseline_kmeans : network_->kmeans) = result.centers.to(network_->backbone->device());
  const at::Tensor grids = result.clusters.view({-1, store_->grid_height(), store_->grid_width()});
  const PlaceShares shares = explain_clusters(grids, options.clusters);
  return {std::move(result), shares};
}

void Trainer::save(TensorMap& tensors) const {
  network_->save(tensors);
  head_optimizer_.save(tensors, "head");
  cluster_optimizer_->save(tensors, "cluster_probe");
  if (linear_optimizer_) linear_optimizer_->save(tensors, "linear_probe");
  if (baseline_linear_optimizer_) baseline_linear_optimizer_->save(tensors, "baseline_linear_probe");
}

void Trainer::load(const TensorMap& tensors) {
  head_optimizer_.load(tensors, "head");
  cluster_optimizer_->load(tensors, "cluster_probe");
  if (linear_optimizer_) linear_optimizer_->load(tensors, "linear_probe");
  if (baseline_linear_optimizer_) baseline_linear_optimizer_->load(tensors, "baseline_linear_probe");
}

}  // namespace stego
