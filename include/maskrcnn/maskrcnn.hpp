/// The whole library but for file formats of images: models, their parts, losses and weight files.
#pragma once

#include <maskrcnn/mask_rcnn.hpp>
#include <maskrcnn/model/compiled_models.hpp>
#include <maskrcnn/self_test.hpp>
#include <maskrcnn/stages/losses.hpp>
#include <maskrcnn/weights/load_weights.hpp>
