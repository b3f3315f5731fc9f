#include "binding/environment.h"
#include "binding/handles.h"
#include "binding/operators.h"
#include "binding/values.h"
#include "core/describe.h"
#include "core/error.h"
#include "crf/dense_crf.h"
#include "device/devices.h"

namespace stego {

namespace {

const std::vector<std::pair<const char*, crf::Normalization>> kNormalizations = {
    {"none", crf::Normalization::none},
    {"before", crf::Normalization::before},
    {"after", crf::Normalization::after},
    {"symmetric", crf::Normalization::symmetric}};

const std::vector<std::pair<const char*, crf::ScoreKind>> kKinds = {
    {"unary", crf::ScoreKind::energies},
    {"probabilities", crf::ScoreKind::probabilities},
    {"logits", crf::ScoreKind::logits}};

const std::vector<std::pair<const char*, crf::Form>> kForms = {{"automatic", crf::Form::automatic},
                                                               {"operators", crf::Form::operators},
                                                               {"kernels", crf::Form::kernels}};

const std::vector<std::pair<const char*, LaunchOrder>> kOrders = {{"ascending", LaunchOrder::ascending},
                                                                  {"descending", LaunchOrder::descending},
                                                                  {"shuffled", LaunchOrder::shuffled},
                                                                  {"interleaved", LaunchOrder::interleaved}};

template <size_t count>
std::array<double, count> read_deviations(const Napi::Value& value, const char* name) {
  const Napi::Array array = read_array(value, name);
  require(array.Length() == count, "Expected ", count, " standard deviations, got ", array.Length(), ".");
  std::array<double, count> result;
  for (uint32_t i = 0; i < count; ++i) result[i] = read_number(array.Get(i), name);
  return result;
}

// { xyStd: [x, y], colorStd: [a, b, c] | null, compatibility: Float32Array, normalization }
crf::Term read_term(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "a term");
  crf::Term term;
  term.filter.xy_std = read_deviations<2>(object.Get("xyStd"), "xyStd");
  const Napi::Value color = object.Get("colorStd");
  if (!color.IsNull()) term.filter.color_std = read_deviations<3>(color, "colorStd");
  term.filter.normalization = read_choice(object.Get("normalization"), "normalization", kNormalizations);
  const at::Tensor compatibility = read_tensor(object.Get("compatibility"), "the compatibility", keep);
  require(compatibility.scalar_type() == at::kFloat, "Expected a float32 compatibility, got ",
          described(compatibility), ".");
  const float* values = compatibility.const_data_ptr<float>();
  term.compatibility.values.assign(values, values + compatibility.numel());
  return term;
}

crf::Options read_options(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "the options");
  const Napi::Array terms = read_array(object.Get("terms"), "the terms");
  crf::Options options;
  for (uint32_t i = 0; i < terms.Length(); ++i) options.terms.push_back(read_term(terms.Get(i), keep));
  options.iterations = read_integer(object.Get("iterations"), "iterations");
  options.instructions = read_instructions(object.Get("instructions"));
  if (!object.Get("form").IsUndefined()) options.form = read_choice(object.Get("form"), "the form", kForms);
  if (!object.Get("order").IsUndefined())
    options.order = read_choice(object.Get("order"), "the order", kOrders);
  return options;
}

// { image, scores: { kind, values: Tensor }[], options }
crf::Problem read_problem(const Napi::Value& value, KeepAlive& keep) {
  const Napi::Object object = read_object(value, "a problem");
  const Napi::Array scores = read_array(object.Get("scores"), "the scores");
  crf::Problem problem{
      read_pixels(object.Get("image"), 3, keep), {}, read_options(object.Get("options"), keep)};
  for (uint32_t i = 0; i < scores.Length(); ++i) {
    const Napi::Object each = read_object(scores.Get(i), "scores");
    problem.scores.push_back({read_choice(each.Get("kind"), "the kind of scores", kKinds),
                              read_tensor(each.Get("values"), "scores", keep)});
  }
  return problem;
}

// The device of a problem's options, where its scores go; the CPU unless it says so.
at::Device device_of(const Napi::Value& problem) {
  const Napi::Value device = read_object(problem, "a problem").Get("options").ToObject().Get("device");
  return device.IsUndefined() ? at::Device(at::kCPU) : read_device(device);
}

// Moves the scores, on the native thread.
void move_to(const at::Device& device, crf::Problem& problem) {
  use_own_stream(device);
  for (crf::LabelScores& scores : problem.scores) scores.values = upload(scores.values, device);
}

Napi::Value write_refined(Napi::Env env, const crf::Refined& refined) {
  Napi::Object result = Napi::Object::New(env);
  const auto write = [&](const at::Tensor& tensor) -> Napi::Value {
    return tensor.defined() ? write_tensor(env, tensor) : env.Null();
  };
  result.Set("probabilities", write(refined.probabilities));
  result.Set("labels", write(refined.labels));
  return result;
}

// denseCrf(problems, output, cancel): Promise<{ probabilities, labels }[][]>, the label sets of each problem
Napi::Value dense_crf_operator(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    const Napi::Array array = read_array(info[0], "the problems");
    std::vector<crf::Problem> problems;
    std::vector<at::Device> devices;
    for (uint32_t i = 0; i < array.Length(); ++i) {
      problems.push_back(read_problem(array.Get(i), keep));
      devices.push_back(device_of(array.Get(i)));
    }
    const auto output = read_choice<crf::Output>(
        info[1], "the output",
        {{"probabilities", {true, false}}, {"labels", {false, true}}, {"both", {true, true}}});
    return submit(info.Env(), read_cancel(info[2]), std::move(keep),
                  [problems, devices, output](const CancelFlag& cancel) mutable -> Finish {
                    for (size_t i = 0; i < problems.size(); ++i) move_to(devices[i], problems[i]);
                    const auto results = crf::refine(problems, output, cancel);
                    return [results](Napi::Env env) -> Napi::Value {
                      Napi::Array all = Napi::Array::New(env, results.size());
                      for (uint32_t i = 0; i < results.size(); ++i) {
                        Napi::Array sets = Napi::Array::New(env, results[i].size());
                        for (uint32_t s = 0; s < results[i].size(); ++s) {
                          sets.Set(s, write_refined(env, results[i][s]));
                        }
                        all.Set(i, sets);
                      }
                      return all;
                    };
                  });
  });
}

}  // namespace

Napi::Function MeanFieldHandle::define(Napi::Env env) {
  const Napi::Function constructor = DefineClass(
      env, "MeanField",
      {StaticMethod<&MeanFieldHandle::begin>("begin"), InstanceAccessor<&MeanFieldHandle::describe>("info"),
       InstanceMethod<&MeanFieldHandle::iterate>("iterate"),
       InstanceMethod<&MeanFieldHandle::read<&crf::MeanField::probabilities>>("probabilities"),
       InstanceMethod<&MeanFieldHandle::read<&crf::MeanField::labels>>("labels"),
       InstanceMethod<&MeanFieldHandle::divergence>("divergence"),
       InstanceMethod<&MeanFieldHandle::dispose>("dispose")});
  environment(env).mean_field = Napi::Persistent(constructor);
  return constructor;
}

MeanFieldHandle::MeanFieldHandle(const Napi::CallbackInfo& info) : Handle(info) {
  guarded(info.Env(), [&] {
    if (!info[0].IsExternal()) unexpected("a MeanField", "made by MeanField.begin()");
    auto field = *info[0].As<Napi::External<std::shared_ptr<crf::MeanField>>>().Data();
    const int64_t bytes = field->bytes();
    hold(info.Env(), std::move(field), bytes);
  });
}

// begin(problem, cancel): Promise<MeanField>
Napi::Value MeanFieldHandle::begin(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    KeepAlive keep;
    crf::Problem problem = read_problem(info[0], keep);
    const at::Device device = device_of(info[0]);
    return submit(info.Env(), read_cancel(info[1]), std::move(keep),
                  [problem, device](const CancelFlag& cancel) mutable -> Finish {
                    move_to(device, problem);
                    std::shared_ptr<crf::MeanField> field = crf::begin(problem, cancel);
                    return [field](Napi::Env env) -> Napi::Value {
                      auto held = field;
                      return environment(env).mean_field.New(
                          {Napi::External<std::shared_ptr<crf::MeanField>>::New(env, &held)});
                    };
                  });
  });
}

Napi::Value MeanFieldHandle::describe(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const crf::MeanField& field = *held();
    Napi::Object result = Napi::Object::New(info.Env());
    result.Set("bytes", static_cast<double>(field.bytes()));
    result.Set("vertices", write_numbers(info.Env(), field.vertices()));
    return result;
  });
}

// iterate(count, cancel): Promise<void>
Napi::Value MeanFieldHandle::iterate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t count = read_integer(info[0], "the iterations");
    return submit(info.Env(), read_cancel(info[1]), {},
                  [field = held(), count](const CancelFlag& cancel) -> Finish {
                    crf::iterate(*field, count, cancel);
                    return [](Napi::Env env) { return env.Undefined(); };
                  });
  });
}

// probabilities(set): Promise<Tensor [labels, H, W]>; labels(set): Promise<Tensor [H, W]>
template <at::Tensor (crf::MeanField::*read_set)(int64_t) const>
Napi::Value MeanFieldHandle::read(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t set = read_set_index(info[0]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), {},
                  [field = held(), set](const CancelFlag&) -> Finish {
                    const at::Tensor result = (*field.*read_set)(set);
                    return [result](Napi::Env env) { return write_tensor(env, result); };
                  });
  });
}

// divergence(set): Promise<number>
Napi::Value MeanFieldHandle::divergence(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&]() -> Napi::Value {
    const int64_t set = read_set_index(info[0]);
    return submit(info.Env(), std::make_shared<CancelFlag>(), {},
                  [field = held(), set](const CancelFlag&) -> Finish {
                    const double value = field->divergence(set);
                    return [value](Napi::Env env) { return Napi::Number::New(env, value); };
                  });
  });
}

int64_t MeanFieldHandle::read_set_index(const Napi::Value& value) {
  const int64_t set = read_integer(value, "the label set"), sets = held()->sets();
  require(set >= 0 && set < sets, "Expected a label set from 0 to ", sets - 1, ", got ", set, ".");
  return set;
}

void define_crf_operators(Napi::Env env, Napi::Object exports) {
  exports.Set("MeanField", MeanFieldHandle::define(env));
  exports.Set("denseCrf", Napi::Function::New<dense_crf_operator>(env, "denseCrf"));
}

}  // namespace stego
