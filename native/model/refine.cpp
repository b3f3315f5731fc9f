#include "model/refine.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "crf/dense_crf.h"
#include "imaging/normalize.h"
#include "imaging/upsample.h"
#include "model/tiles.h"

namespace stego {

namespace {

constexpr int64_t kSide = 1024, kMargin = 160;  // of a tile, in pixels
constexpr int64_t kSmall = 512 * 512;  // pixels; pictures or tiles up to this are refined one to a thread

// A tile of a picture of the batch.
struct Work {
  int64_t picture;
  Tile tile;
};

// The first index of m that belongs to those from `begin` of n on, if m destination pixels are spread over n
// source pixels.
int64_t scaled(int64_t begin, int64_t n, int64_t m) {
  return (2 * begin * m + n - 1) / (2 * n);
}

class Refinement {
 public:
  Refinement(const Network& network, const at::Tensor& batch, const at::Tensor& codes,
             const PredictOptions& options, std::vector<Prediction>& predictions, const CancelFlag& cancel)
      : network_(network),
        batch_(batch),
        codes_(codes),
        options_(options),
        predictions_(predictions),
        cancel_(cancel),
        height_(batch.size(2)),
        width_(batch.size(3)) {
    for (const PredictionHead head :
         {PredictionHead::kmeans, PredictionHead::cluster_probe, PredictionHead::linear_probe}) {
      if (asked(options.heads, head) || asked(options.log_probabilities, head)) heads_.push_back(head);
    }
  }

  void run() {
    if (heads_.empty()) return;
    allocate();
    std::vector<Work> works;
    for (int64_t i = 0; i < batch_.size(0); ++i) {
      for (const Tile& tile : divide_into_tiles(height_, width_, kSide, kMargin)) works.push_back({i, tile});
    }
    const Region& largest = works.front().tile.whole;
    const int64_t step = largest.height * largest.width <= kSmall ? at::get_num_threads() : 1;
    for (size_t first = 0; first < works.size(); first += step) {
      refine({works.begin() + first, works.begin() + std::min(works.size(), first + step)});
    }
  }

 private:
  static bool asked(const std::vector<PredictionHead>& heads, PredictionHead head) {
    return std::find(heads.begin(), heads.end(), head) != heads.end();
  }

  void allocate() {
    for (Prediction& prediction : predictions_) {
      for (const PredictionHead head : heads_) {
        const int64_t height = prediction.height, width = prediction.width;
        if (asked(options_.heads, head)) prediction.labels[head] = at::empty({height, width}, at::kByte);
        if (!asked(options_.log_probabilities, head)) continue;
        prediction.log_probabilities[head] =
            at::empty({class_count(network_, head), height, width}, at::kFloat);
      }
    }
  }

  void refine(const std::vector<Work>& works) {
    std::vector<at::Tensor> pictures;  // uint8 [h, w, 3]
    std::vector<crf::Problem> problems;
    for (const auto& [picture, tile] : works) {
      const auto& [top, left, height, width] = tile.whole;
      const at::Tensor pixels = batch_[picture].narrow(1, top, height).narrow(2, left, width);
      pictures.push_back(denormalize(pixels.cpu().contiguous()).flip(2).contiguous());
      crf::Problem problem{
          {pictures.back().const_data_ptr<uint8_t>(), height, width, 3}, {}, crf::stego_options()};
      for (const PredictionHead head : heads_) {
        problem.scores.push_back({crf::ScoreKind::logits, scores(head, picture, tile.whole)});
      }
      problems.push_back(std::move(problem));
    }
    const auto refined = crf::refine(problems, {true, true}, cancel_);
    for (size_t i = 0; i < works.size(); ++i) {
      for (size_t h = 0; h < heads_.size(); ++h) write(heads_[h], works[i], refined[i][h]);
    }
  }

  // log-probabilities [K, height, width] of a region.
  at::Tensor scores(PredictionHead head, int64_t picture, const Region& region) {
    at::Tensor result =
        at::empty({class_count(network_, head), region.height, region.width}, codes_.options());
    for_each_band(GridWindow::whole(codes_[picture]), height_, width_, region, cancel_,
                  [&](int64_t row, const at::Tensor& band) {
                    const at::Tensor values = log_probabilities(network_, head, band, options_.temperature);
                    result.narrow(1, row, band.size(0)).copy_(values.permute({2, 0, 1}));
                  });
    return result;
  }

  // Writes what a tile's core shows, enlarged bilinearly if the picture's own size is asked for.
  void write(PredictionHead head, const Work& work, const crf::Refined& refined) {
    Prediction& prediction = predictions_[work.picture];
    const Region &core = work.tile.core, &whole = work.tile.whole;
    const int64_t height = prediction.height, width = prediction.width;
    const int64_t top = scaled(core.top, height_, height), left = scaled(core.left, width_, width);
    const Region target{top, left, scaled(core.top + core.height, height_, height) - top,
                        scaled(core.left + core.width, width_, width) - left};
    const GridWindow grid{refined.probabilities.permute({1, 2, 0}).contiguous(), whole, height_, width_};
    const bool labels = asked(options_.heads, head), same_size = height == height_ && width == width_;
    if (labels && same_size) {
      part(prediction.labels[head], 0, core)
          .copy_(part(refined.labels, 0,
                      {core.top - whole.top, core.left - whole.left, core.height, core.width}));
    }
    const bool probabilities = asked(options_.log_probabilities, head);
    if (same_size && !probabilities) return;
    for_each_band(grid, height, width, target, cancel_, [&](int64_t row, const at::Tensor& band) {
      const Region place{target.top + row, target.left, band.size(0), target.width};
      if (labels && !same_size) part(prediction.labels[head], 0, place).copy_(band.argmax(2));
      if (!probabilities) return;
      part(prediction.log_probabilities[head], 1, place)
          .copy_(band.clamp_min(1e-20).log().permute({2, 0, 1}));
    });
  }

  // A region of a tensor whose rows are dimension `rows` and whose columns the next.
  static at::Tensor part(const at::Tensor& tensor, int64_t rows, const Region& region) {
    return tensor.narrow(rows, region.top, region.height).narrow(rows + 1, region.left, region.width);
  }

  const Network& network_;
  const at::Tensor &batch_, &codes_;
  const PredictOptions& options_;
  std::vector<Prediction>& predictions_;
  const CancelFlag& cancel_;
  int64_t height_, width_;
  std::vector<PredictionHead> heads_;
};

}  // namespace

void predict_refined(const Network& network, const at::Tensor& batch, const at::Tensor& codes,
                     const PredictOptions& options, std::vector<Prediction>& predictions,
                     const CancelFlag& cancel) {
  Refinement(network, batch, codes, options, predictions, cancel).run();
}

}  // namespace stego
