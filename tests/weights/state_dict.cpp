#include <maskrcnn/weights/state_dict.hpp>

#include "made_files.hpp"

namespace op = test::op;

namespace {

const std::string tensor = test::TorchTensor{}.pickled();

/// The names that a file with this pickle has.
[[nodiscard]] std::string names_of(const std::string& pickle) {
  const std::string bytes = test::torch_zip_bytes(pickle);
  const maskrcnn::Weights weights = maskrcnn::read_weights(test::file_of(bytes));
  std::string names;
  for (const auto& [name, stored] : weights.tensors()) names += name + " ";
  return names;
}

/// The first note on such a file; empty, if there is none.
[[nodiscard]] std::string first_note(const std::string& pickle) {
  const std::string bytes = test::torch_zip_bytes(pickle);
  const auto notes = maskrcnn::read_weights(test::file_of(bytes)).notes();
  return notes.empty() ? "" : notes.front();
}

[[nodiscard]] std::string entry(const std::string& key, const std::string& value) { return op::text(key) + value; }

}  // namespace

TEST_CASE("a state dict is found where checkpoints keep it") {
  const std::string dict = op::dict(entry("a", tensor) + entry("b", tensor));
  CHECK(names_of(dict) == "a b ");
  for (const char* key : {"model", "state_dict", "model_state_dict", "blobs"}) {
    CAPTURE(key);
    CHECK(names_of(op::dict(entry("epoch", "K\x03") + entry(key, dict) + entry("x", tensor))) == "a b ");
  }
  CHECK(names_of(op::dict(entry("state_dict", op::dict(entry("model", dict))))) == "a b ");
  CHECK(names_of(op::dict(entry("state_dict", op::dict(entry("c", tensor))) + entry("model", dict))) == "a b ");
  CHECK(names_of(op::dict(entry("model", tensor))) == "model ");  // a tensor of that name is none
}

TEST_CASE("what is no tensor is passed over") {
  CHECK(names_of(op::dict(entry("a", tensor) + entry("epoch", "K\x03") + entry("names", op::list("N")) + "K\x05" +
                          tensor)) == "a ");
}

TEST_CASE("module. goes if every name has it, and what wrappers put between names") {
  CHECK(names_of(op::dict(entry("module.a", tensor) + entry("module.b", tensor) + entry("n_averaged", "K\x03"))) ==
        "a b ");
  CHECK(names_of(op::dict(entry("module.a", tensor) + entry("b", tensor))) == "b module.a ");
  CHECK(names_of(op::dict(entry("module._orig_mod.a", tensor) + entry("module.b._orig_mod.c", tensor))) == "a b.c ");
  CHECK(names_of(op::dict(entry("_orig_mod", tensor) + entry("a._orig_mod", tensor))) == "_orig_mod a._orig_mod ");
  CHECK(test::contains(
      test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("a.b", tensor) + entry("a._orig_mod.b", tensor)))),
      "'a.b' is there twice"));
}

TEST_CASE("what stands before backbone. goes, and with it what is beside the network") {
  const auto named = [](std::initializer_list<const char*> names) {
    std::string entries;
    for (const char* const name : names) entries += entry(name, tensor);
    return op::dict(entries);
  };
  CHECK(names_of(named({"model.backbone.a", "model.rpn.b"})) == "backbone.a rpn.b ");
  CHECK(first_note(named({"model.backbone.a", "model.rpn.b"})).empty());
  CHECK(names_of(named({"my.own.backbone.a", "my.own.roi_heads.b", "loss.c"})) == "backbone.a roi_heads.b ");
  CHECK(first_note(named({"my.own.backbone.a", "loss.c", "loss.d"})) ==
        "the network's names begin with 'my.own.'; 2 tensors beside it passed over: 'loss.c', ...");
  CHECK(names_of(named({"backbone.a", "model.backbone.b"})) == "backbone.a model.backbone.b ");
  CHECK(names_of(named({"my_backbone.a", "b"})) == "b my_backbone.a ");
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(named({"a.backbone.x", "b.backbone.x"}))),
                       "expected the tensors of one network, found those of two, 'a.backbone...' and 'b.backbone...'"));
}

TEST_CASE("where else a state dict may be is tried last, and said") {
  const std::string dict = op::dict(entry("a", tensor));
  for (const char* key : {"net", "network", "weights", "params", "module", "ema", "model_ema", "ema_state_dict"}) {
    CAPTURE(key);
    const std::string file = op::dict(entry("epoch", "K\x03") + entry(key, dict));
    CHECK(names_of(file) == "a ");
    CHECK(first_note(file) == "the file has no state dict but under '" + std::string(key) + "', which was taken");
  }
  CHECK(names_of(op::dict(entry("ema", dict) + entry("model", op::dict(entry("b", tensor))))) == "b ");
  CHECK(names_of(op::dict(entry("ema", dict) + entry("x", tensor))) == "x ");
  CHECK(first_note(op::dict(entry("model", dict))).empty());
}

TEST_CASE("a state dict may be of a class derived from dict") {
  CHECK(names_of(op::call(op::global("lightning", "AttributeDict"), "") + "(" + entry("a", tensor) + "u") == "a ");
}

TEST_CASE("objects that nobody knows are in nobody's way, unless a layer's tensor should be one") {
  const std::string object = op::call(op::global("mine", "Thing"), "K\x01");
  CHECK(names_of(op::dict(entry("a", tensor) + entry("config", object))) == "a ");
  const std::string bytes = test::torch_zip_bytes(op::dict(entry("a", tensor) + entry("b.weight", object)));
  const maskrcnn::Weights weights = maskrcnn::read_weights(test::file_of(bytes));
  CHECK(weights.find("b.weight")->type == maskrcnn::DType::other);
  CHECK(weights.find("b.weight")->type_name == "an object of mine.Thing");
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("b.weight", object)))),
                       "found no tensor"));
  CHECK(test::error_of_bytes(test::torch_zip_bytes(op::call(op::global("os", "system"), op::text("id")))) ==
        "weights: expected a state dict, or a dict with one under 'model', 'state_dict' or 'model_state_dict', found a "
        "pickle of os.system (file made)");
}

TEST_CASE("a whole module is walked, its tensors named by where they lie") {
  const auto module = [](const std::string& parameters, const std::string& buffers, const std::string& modules,
                         const std::string& more = "") {
    return op::call(op::global("somebody", "Module"), "") +
           op::dict(entry("_parameters", op::dict(parameters)) + entry("_buffers", op::dict(buffers)) +
                    entry("_modules", op::dict(modules)) + more) +
           "b";
  };
  const std::string leaf = module(entry("weight", tensor) + entry("bias", "N"), "", "");
  const std::string norm = module(
      "", entry("running_mean", tensor) + entry("cache", tensor), "",
      entry("_non_persistent_buffers_set", op::call(op::global("__builtin__", "set"), op::list(op::text("cache")))));
  const std::string whole = module(entry("scale", tensor), "", entry("conv", leaf) + entry("norm", norm));
  CHECK(names_of(whole) == "conv.weight norm.running_mean scale ");
  CHECK(names_of(op::dict(entry("epoch", "K\x01") + entry("model", whole))) == "conv.weight norm.running_mean scale ");
  const std::string bytes = test::torch_zip_bytes(whole);
  CHECK(test::contains(maskrcnn::read_weights(test::file_of(bytes)).notes().at(0),
                       "is a whole somebody.Module, of which"));
  // a module that holds itself
  const std::string endless = op::call(op::global("somebody", "Module"), "") + "q\x01" +
                              op::dict(entry("_parameters", op::dict("")) + entry("_buffers", op::dict("")) +
                                       entry("_modules", op::dict(entry("m", "h\x01")))) +
                              "b";
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(endless)), "lie deeper in each other"));
  // one whose children are twice the same, again and again
  std::string twice = leaf;
  for (int i = 0; i < 40; ++i)
    twice += "q" + std::string(1, static_cast<char>(i + 1)) + "0" +
             module("", "",
                    entry("a", "h" + std::string(1, static_cast<char>(i + 1))) +
                        entry("b", "h" + std::string(1, static_cast<char>(i + 1))));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(twice)), "takes more than"));
}

TEST_CASE("files without tensors by name say what they have") {
  CHECK(
      test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("epoch", "K\x03") + entry("opt\nimizer", "}")))) ==
      "weights: expected a state dict, or one under 'model', 'state_dict' or 'model_state_dict', found no tensor, but "
      "the keys {epoch, opt?imizer} (file made)");
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(tensor)),
                       "found a pickle of torch._utils._rebuild_tensor_v2"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::list(tensor))),
                       "found a pickle of something else"));
  // a dict that is its own model
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes("}q\x01" + op::text("model") + "h\x01s")),
                       "found no tensor, but the keys {model}"));
}

TEST_CASE("names that no model has are refused") {
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("a", tensor) + entry("a", tensor)))),
                       "'a' appears twice in the state dict"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry("a\n", tensor)))),
                       "expected names of at most 256 printable characters, found 'a?'"));
  CHECK(test::contains(test::error_of_bytes(test::torch_zip_bytes(op::dict(entry(std::string(257, 'a'), tensor)))),
                       "expected names of at most 256 printable characters"));
}

TEST_CASE("configuration and class names that training leaves beside the state dict are handed on") {
  const auto read = [](const std::string& meta, const std::string& key = "meta") {
    const std::string bytes =
        test::torch_zip_bytes(op::dict(entry(key, meta) + entry("state_dict", op::dict(entry("rpn_head.a", tensor)))));
    return maskrcnn::read_weights(test::file_of(bytes));
  };
  const auto names = [](const std::string& items) { return entry("CLASSES", op::tuple(items)); };
  const std::string config = maskrcnn::checkpoint_meta::config_key, classes = maskrcnn::checkpoint_meta::classes_key;

  const auto old = read(op::dict(entry("config", op::text("model = dict()")) + names(op::text("a") + op::text("b c"))));
  CHECK(old.metadata(config) == "model = dict()");
  CHECK(old.metadata(classes) == "a\nb c");
  const auto data = op::dict(entry("classes", op::list(op::text("x"))) + entry("palette", op::list("K\x05")));
  const auto current = read(op::dict(entry("cfg", op::text("c")) + entry("dataset_meta", data) + entry("seed", "N")));
  CHECK(current.metadata(config) == "c");
  CHECK(current.metadata(classes) == "x");
  CHECK(read(op::dict(entry("dataset_meta", op::dict(names(op::text("y")))))).metadata(classes) == "y");
  CHECK(read(op::dict(entry("CLASSES", op::text("person")))).metadata(classes) == "person");

  // what is no such thing is passed over
  CHECK(read(op::dict(entry("config", "K\x05") + entry("CLASSES", "N"))).metadata().empty());
  CHECK(read("K\x05").metadata().empty());
  CHECK(read(op::dict(entry("config", op::text("c"))), "other").metadata().empty());
  std::string many;
  for (std::size_t i = 0; i <= maskrcnn::checkpoint_meta::most_names; ++i) many += op::text("n");
  for (const std::string& wrong :
       {op::tuple(""), op::tuple("K\x05"), op::tuple(op::text("")), op::tuple(op::text("a\nb")),
        op::tuple(op::text(std::string(101, 'a'))), op::tuple(many), op::dict("K\x05K\x06")}) {
    const auto weights = read(op::dict(entry("CLASSES", wrong)));
    CHECK(weights.metadata().empty());
    REQUIRE(weights.notes().size() == 1);
    CHECK(test::contains(weights.notes()[0], "class names in the file's meta are no list of short texts"));
  }
  const auto lengthy = read(op::dict(entry("config", op::text(std::string((1U << 20U) + 1, ' ')))));
  CHECK(lengthy.metadata().empty());
  CHECK(test::contains(lengthy.notes().at(0), "longer than 1 MiB"));
}
