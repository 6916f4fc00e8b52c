#include <maskrcnn/io/coco_id.hpp>

#include "support.hpp"

using maskrcnn::io::CocoId;

TEST_CASE("a number is an id however it is written, a text is another") {
  CHECK(CocoId(12) == CocoId(12.0));
  CHECK(CocoId(-3) == CocoId(-3.0));
  CHECK(CocoId() == CocoId(-0.0));
  CHECK(CocoId(12) != CocoId(std::string("12")));
  CHECK(CocoId(12) != CocoId(12.5));
  CHECK(CocoId(std::string("a")) == CocoId(std::string("a")));
}

TEST_CASE("ids are sorted as numbers, or as texts") {
  CHECK(CocoId(9) < CocoId(10));
  CHECK(CocoId(std::string("10")) < CocoId(std::string("9")));
}

TEST_CASE("ids are written as they were read") {
  CHECK(CocoId(12).json() == "12");
  CHECK(CocoId(12.0).json() == "12");
  CHECK(CocoId(12.5).json() == "12.5");
  CHECK(CocoId(std::string("img \"1\"")).json() == R"("img \"1\"")");
}

TEST_CASE("the number of an id is also that of a text which is one") {
  CHECK(CocoId(12).as_number() == 12);
  CHECK(CocoId(1e30).as_number() == 1e30);
  CHECK(CocoId(std::string("12")).as_number() == 12);
  CHECK_FALSE(CocoId(std::string("12a")).as_number().has_value());
  CHECK_FALSE(CocoId(std::string("")).as_number().has_value());
}

TEST_CASE("only integers of 64 bits are integers") {
  REQUIRE(CocoId(7.0).integer() != nullptr);
  CHECK(*CocoId(7.0).integer() == 7);
  CHECK(CocoId(1e30).integer() == nullptr);
  CHECK(CocoId(std::string("7")).integer() == nullptr);
}
