#include "binding/handles.h"
#include "binding/tags.h"

namespace stego {

Napi::Function CancelToken::define(Napi::Env env) {
  return DefineClass(env, "CancelToken", {InstanceMethod<&CancelToken::cancel>("cancel")});
}

CancelToken::CancelToken(const Napi::CallbackInfo& info) : Napi::ObjectWrap<CancelToken>(info) {
  info.This().As<Napi::Object>().TypeTag(&kCancelTokenTag);
}

std::shared_ptr<CancelFlag> read_cancel(const Napi::Value& value) {
  if (value.IsUndefined()) return std::make_shared<CancelFlag>();
  return unwrap<CancelToken>(value, kCancelTokenTag, "a CancelToken").flag();
}

}  // namespace stego
