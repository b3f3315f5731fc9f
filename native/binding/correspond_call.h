#pragma once
#include <memory>

#include "backbone/vision_transformer.h"
#include "binding/napi.h"
#include "head/segmentation_head.h"

namespace stego {

// correspond(image, other | null, points [P, 2], { transform, subtractMean }, cancel): Promise<{ self, other
// }>: heat maps [P, H, W] of each picture at its own size; `other` is null if there is no other picture. Uses
// codes if there is a head, otherwise features. `head` may share ownership with its owner.
Napi::Value submit_correspond(const Napi::CallbackInfo& info,
                              std::shared_ptr<const VisionTransformer> backbone,
                              std::shared_ptr<const SegmentationHead> head);

}  // namespace stego
