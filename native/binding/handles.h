#pragma once
#include <memory>

#include "backbone/vision_transformer.h"
#include "binding/errors.h"
#include "binding/job_thread.h"
#include "binding/napi.h"
#include "core/cancel.h"
#include "core/error.h"
#include "crf/mean_field.h"
#include "features/feature_store.h"
#include "features/nearest_neighbors.h"
#include "model/network.h"
#include "model/pair_scores.h"
#include "model/scores.h"
#include "training/trainer.h"

namespace stego {

// A JavaScript object that holds a native one. Jobs hold the native object themselves, so a handle can be
// collected or disposed of while they run. After dispose(), every use throws ERR_STEGO_DISPOSED.
template <typename Self, typename Held>
class Handle : public Napi::ObjectWrap<Self> {
 public:
  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Self>(info) {}

  const std::shared_ptr<Held>& held() const {
    if (!held_)
      throw Error("ERR_STEGO_DISPOSED", "The model was used after dispose(). Load or train it again.");
    return held_;
  }

 protected:
  // `bytes` are reported to the garbage collector, which would otherwise only see the small wrapper.
  void hold(Napi::Env env, std::shared_ptr<Held> held, int64_t bytes) {
    held_ = std::move(held);
    report(env, bytes);
  }

  void report(Napi::Env env, int64_t bytes) {
    Napi::MemoryManagement::AdjustExternalMemory(env, bytes - reported_);
    reported_ = bytes;
  }

  void release(Napi::Env env) {
    held_.reset();
    report(env, 0);
  }

  void Finalize(Napi::BasicEnv env) override {
    Napi::MemoryManagement::AdjustExternalMemory(env, -reported_);
  }

 private:
  std::shared_ptr<Held> held_;
  int64_t reported_ = 0;
};

class CancelToken : public Napi::ObjectWrap<CancelToken> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit CancelToken(const Napi::CallbackInfo& info);
  const std::shared_ptr<CancelFlag>& flag() const { return flag_; }

 private:
  void cancel(const Napi::CallbackInfo&) { flag_->raise(); }
  std::shared_ptr<CancelFlag> flag_ = std::make_shared<CancelFlag>();
};

// The flag of a CancelToken argument, or a new flag if the argument is undefined.
std::shared_ptr<CancelFlag> read_cancel(const Napi::Value& value);

class BackboneHandle : public Handle<BackboneHandle, const VisionTransformer> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Object wrap(Napi::Env env, std::shared_ptr<const VisionTransformer> backbone);
  explicit BackboneHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value features(const Napi::CallbackInfo& info);
  Napi::Value trace(const Napi::CallbackInfo& info);
  Napi::Value correspond(const Napi::CallbackInfo& info);
  Napi::Value sum_units(const Napi::CallbackInfo& info);
  Napi::Value without(const Napi::CallbackInfo& info);
  Napi::Value position_map(const Napi::CallbackInfo& info);
};

class NetworkHandle : public Handle<NetworkHandle, Network> {
 public:
  static Napi::Function define(Napi::Env env);
  static Napi::Object wrap(Napi::Env env, std::shared_ptr<Network> network);
  explicit NetworkHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value create(const Napi::CallbackInfo& info);
  static Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value backbone(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value predict(const Napi::CallbackInfo& info);
  Napi::Value encode(const Napi::CallbackInfo& info);
  Napi::Value correspond(const Napi::CallbackInfo& info);
  Napi::Value tensors(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }
};

class FeatureStoreHandle : public Handle<FeatureStoreHandle, FeatureStore> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit FeatureStoreHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value compute(const Napi::CallbackInfo& info);
  Napi::Value compute_prepared(const Napi::CallbackInfo& info);
  Napi::Value missing(const Napi::CallbackInfo& info);
  Napi::Value missing_means(const Napi::CallbackInfo& info);
  Napi::Value neighbors(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }
};

class TrainerHandle : public Handle<TrainerHandle, Trainer> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit TrainerHandle(const Napi::CallbackInfo& info);

 private:
  void configure(const Napi::CallbackInfo& info);
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value measure(const Napi::CallbackInfo& info);
  Napi::Value distributions(const Napi::CallbackInfo& info);
  Napi::Value reset_probes(const Napi::CallbackInfo& info);
  Napi::Value collect(const Napi::CallbackInfo& info);
  Napi::Value fit_kmeans(const Napi::CallbackInfo& info);
  Napi::Value tensors(const Napi::CallbackInfo& info);
  Napi::Value write(const Napi::CallbackInfo& info);
  Napi::Value load(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }
  const StepSettings& settings() const;

  std::optional<StepSettings> settings_;
};

class PairScoresHandle : public Handle<PairScoresHandle, PairScores> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit PairScoresHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value curves(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) {
    network_.reset();
    release(info.Env());
  }

  std::shared_ptr<Network> network_;
};

// Counts predictions against labels over a split.
class ScoresHandle : public Handle<ScoresHandle, Scores> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ScoresHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value add(const Napi::CallbackInfo& info);
  Napi::Value counts(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) {
    network_.reset();
    release(info.Env());
  }

  std::shared_ptr<Network> network_;
};

// Dense CRF inference, one iteration at a time.
class MeanFieldHandle : public Handle<MeanFieldHandle, crf::MeanField> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit MeanFieldHandle(const Napi::CallbackInfo& info);

 private:
  static Napi::Value begin(const Napi::CallbackInfo& info);
  Napi::Value describe(const Napi::CallbackInfo& info);
  Napi::Value iterate(const Napi::CallbackInfo& info);
  template <at::Tensor (crf::MeanField::*read_set)(int64_t) const>
  Napi::Value read(const Napi::CallbackInfo& info);
  Napi::Value divergence(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }
  int64_t read_set_index(const Napi::Value& value);
};

Napi::Object write_neighbors(Napi::Env env, const Neighbors& neighbors);  // { indices, similarities, recall }

FeatureOptions read_feature_options(const Napi::Value& value);  // { kind, layer }

// The native object behind a handle argument; throws ERR_STEGO_ARGUMENT for anything else.
std::shared_ptr<const VisionTransformer> read_backbone(const Napi::Value& value);
std::shared_ptr<Network> read_network(const Napi::Value& value);
std::shared_ptr<FeatureStore> read_store(const Napi::Value& value);

}  // namespace stego
