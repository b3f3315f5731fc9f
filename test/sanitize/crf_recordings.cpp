#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "crf_checks.h"
#include "crf_compare.h"
#include "crf_oracle.h"
#include "tensors/dtype.h"
#include "tensors/stored_tensor.h"

namespace stego {

namespace {

using Metadata = std::map<std::string, std::string>;

// What scripts/sanitize.js writes for a recording: one line per tensor (`tensor name type offset sides...`)
// or text (`text key value`), and the tensors themselves.
std::pair<TensorMap, Metadata> read_recording(const std::string& path) {
  std::ifstream index(path + ".index");
  expect(index.good(), "there is no ", path, ".index");
  StoredTensors stored;
  Metadata metadata;
  for (std::string line; std::getline(index, line);) {
    std::istringstream words(line);
    std::string kind, name;
    words >> kind >> name;
    if (kind == "text") {
      std::string value;
      std::getline(words >> std::ws, value);
      metadata[name] = value;
      continue;
    }
    std::string type;
    StoredTensor tensor{name, path, at::kFloat, {}, {}, 0};
    words >> type >> tensor.offset;
    tensor.dtype = dtype_of(type);
    for (int64_t side; words >> side;) tensor.shape.push_back(side);
    tensor.strides.assign(tensor.shape.size(), 1);
    for (size_t axis = tensor.shape.size(); axis-- > 1;) {
      tensor.strides[axis - 1] = tensor.strides[axis] * tensor.shape[axis];
    }
    stored[name] = {tensor};
  }
  return {read_stored(stored), metadata};
}

constexpr int64_t kRecorded[] = {0, 1, 5, 10};  // iterations with recorded probabilities and divergence
constexpr double kClear = 2e-4;                 // labels must match if the two best are further apart

crf::Normalization read_normalization(const std::string& name) {
  if (name == "none") return crf::Normalization::none;
  if (name == "before") return crf::Normalization::before;
  if (name == "after") return crf::Normalization::after;
  return crf::Normalization::symmetric;
}

std::vector<crf::Term> read_terms(const TensorMap& tensors, const Metadata& metadata) {
  std::vector<crf::Term> terms;
  for (const std::string name : {"gauss", "bilat"}) {
    if (metadata.at(name + "_present") != "True") continue;
    crf::Term term;
    const auto* places = tensors.at(name + "_sxy").const_data_ptr<double>();
    term.filter.xy_std = {places[0], places[1]};
    if (name == "bilat") {
      const auto* colors = tensors.at("bilat_srgb").const_data_ptr<double>();
      term.filter.color_std = {colors[0], colors[1], colors[2]};
    }
    term.filter.normalization = read_normalization(metadata.at(name + "_norm"));
    if (metadata.count(name + "_compat")) {
      term.compatibility.values = {std::stof(metadata.at(name + "_compat"))};
    } else {
      const at::Tensor& values = tensors.at(name + "_compat");
      const auto* data = values.const_data_ptr<float>();
      term.compatibility.values.assign(data, data + values.numel());
    }
    terms.push_back(std::move(term));
  }
  return terms;
}

// Checks probability rows, and the labels where they are clear. Returns the largest difference.
double compare(const std::string& who, const std::vector<double>& computed,
               const std::vector<double>& recorded, int64_t labels) {
  const double difference = largest_difference(computed, recorded);
  expect(difference <= kTolerance, who, " is off by ", difference);
  for (size_t first = 0; first < recorded.size(); first += labels) {
    std::vector<double> row(&recorded[first], &recorded[first] + labels);
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    std::sort(row.rbegin(), row.rend());
    if (labels > 1 && row[0] - row[1] <= kClear) continue;
    const double* computed_row = &computed[first];
    expect(std::max_element(computed_row, computed_row + labels) - computed_row == best, who,
           " has another label");
  }
  return difference;
}

void compare_divergence(const std::string& who, double computed, double recorded) {
  expect(std::abs(computed - recorded) <= 1e-4 * std::abs(recorded), who, " has a divergence of ", computed,
         " instead of ", recorded);
}

}  // namespace

double check_recording(const std::string& path) {
  const auto [tensors, metadata] = read_recording(path);
  const CancelFlag cancel;
  const int64_t height = std::stoll(metadata.at("height")), width = std::stoll(metadata.at("width"));
  const int64_t labels = std::stoll(metadata.at("n_labels"));
  const auto* divergences = tensors.at("kl").const_data_ptr<double>();
  crf::Problem problem;
  problem.image = {tensors.at("image").const_data_ptr<uint8_t>(), height, width, 3};
  problem.scores = {{crf::ScoreKind::energies, tensors.at("unary").view({labels, height, width})},
                    {crf::ScoreKind::probabilities, tensors.at("softmax").view({labels, height, width})}};
  problem.options.terms = read_terms(tensors, metadata);

  double largest = 0;
  std::vector<std::pair<std::string, crf::Options>> ways;
  for (const Instructions instructions : available_instructions()) {
    problem.options.instructions = instructions;
    ways.emplace_back(text("native code with instructions ", static_cast<int>(instructions)),
                      problem.options);
  }
  problem.options.form = crf::Form::kernels;
  ways.emplace_back("a GPU's kernels on the host", problem.options);
  for (const auto& [who, options] : ways) {
    problem.options = options;
    const std::unique_ptr<crf::MeanField> field = crf::begin(problem, cancel);
    int64_t done = 0;
    for (int i = 0; i < 4; done = kRecorded[i++]) {
      crf::iterate(*field, kRecorded[i] - done, cancel);
      const auto recorded = rows_of(tensors.at(text("Q", kRecorded[i])));
      for (int64_t set = 0; set < field->sets(); ++set) {
        largest = std::max(largest, compare(who, rows_of(field->probabilities(set)), recorded, labels));
        compare_divergence(who, field->divergence(set), divergences[i]);
      }
    }
  }

  const oracle::DenseCrf plain(problem.image, problem.options.terms);
  const std::vector<double> start = oracle::DenseCrf::start(problem.scores[0]);
  std::vector<double> probabilities = oracle::softmax(start, labels);
  int64_t done = 0;
  for (int i = 0; i < 4; ++i) {
    for (; done < kRecorded[i]; ++done) {
      probabilities = plain.iterate(start, probabilities, labels).probabilities;
    }
    compare("the oracle", probabilities, rows_of(tensors.at(text("Q", kRecorded[i]))), labels);
    compare_divergence("the oracle", plain.divergence(start, probabilities, labels).value, divergences[i]);
  }
  return largest;
}

}  // namespace stego
