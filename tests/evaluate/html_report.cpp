#include <maskrcnn/evaluate/html_report.hpp>

#include "evaluate/report_data.hpp"

using maskrcnn::evaluate::Dataset;
using maskrcnn::evaluate::Findings;
using maskrcnn::evaluate::html_count;
using maskrcnn::evaluate::html_text;
using maskrcnn::evaluate::ImageInfo;
using maskrcnn::evaluate::make_report;
using maskrcnn::evaluate::PageOptions;
using maskrcnn::evaluate::ReportOptions;

namespace {

[[nodiscard]] std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

/// The page that is written into a folder, which has nothing else then.
[[nodiscard]] std::string page_of(const Dataset& data, const Findings& findings, const PageOptions& options,
                                  const ReportOptions& asked = {}) {
  const test::Folder folder;
  const std::string path = folder.file("page.html");
  maskrcnn::evaluate::write_html(path, make_report(data, findings, asked), data, findings, options);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A page's elements have to end where they should: every tag that opens is closed, in order.
void check_tags(const std::string& page) {
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const std::size_t end = page.find('>', at);
    REQUIRE(end != std::string::npos);
    const bool closes = page[at + 1] == '/';
    const std::size_t begin = at + (closes ? 2 : 1);
    const std::string name = page.substr(begin, page.find_first_of(" >/", begin) - begin);
    if (name == "!doctype" || name == "meta" || name == "img" || page[end - 1] == '/') continue;
    if (closes) {
      REQUIRE_FALSE(open.empty());
      CHECK(open.back() == name);
      open.pop_back();
    } else {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
}

/// What every page is: whole, of one file, without a number that is none.
void check_page(const std::string& page) {
  CHECK(page.starts_with("<!doctype html>\n"));
  CHECK(page.ends_with("</html>\n"));
  check_tags(page);
  // nothing is fetched: no address, no style sheet, no script
  for (const char* const part : {"http:", "https:", "src=\"/", "href=", "url(", "@import", "<script", "<link"}) {
    CAPTURE(part);
    CHECK_FALSE(test::contains(page, part));
  }
  CHECK(count(page, "src=") == count(page, "src=\"data:image/jpeg;base64,"));
  for (const char* const part : {">nan", ">-nan", "\"nan", "Mnan", "Lnan", " nan", "inf\"", ">inf"}) {
    CAPTURE(part);
    CHECK_FALSE(test::contains(page, part));
  }
}

[[nodiscard]] maskrcnn::Image grey(maskrcnn::Size size = {100, 100}) {
  maskrcnn::Image image(size);
  for (int y = 0; y < size.height; ++y) std::fill_n(image.row(y), 3 * size.width, std::uint8_t{90});
  return image;
}

}  // namespace

TEST_CASE("a page says what the report says") {
  const std::string page = page_of(test::report_data(), test::report_findings(), {.title = "model"});
  check_page(page);
  CHECK(test::contains(page, "<h1>model</h1><p>made: 4 images, 4 objects, 1 crowds; 5 found</p>"));
  CHECK(test::contains(page, "<b>0.400</b><span>cell AP(0.5), TP / (TP+FP+FN)</span>"));
  CHECK(test::contains(page, "<b>0.777</b><span>mask AP50, COCO</span>"));
  CHECK(test::contains(page, "<th>mask</th><th>box</th>"));
  CHECK(test::contains(page, "<tr><th>AP, large</th><td><span class=\"none\">–</span></td>"));
  CHECK(test::contains(page, "<tr><th>missed (FN)</th><td>2</td>"));
  // the category without objects has no line
  CHECK(test::contains(page, "<th>cell</th><td>3</td><td>4</td><td class=\"main\">0.554</td>"));
  CHECK_FALSE(test::contains(page, "never"));
}

TEST_CASE("a page has a chart of each kind") {
  const std::string page = page_of(test::report_data(), test::report_findings(), {.title = "model"});
  for (const char* const title : {"Precision over recall", "Scores of what was found", "AP(t) over t", "AP over score"})
    CHECK(count(page, std::string("aria-label=\"").append(title).append("\"")) == 1);
  CHECK(count(page, "<svg") == 4);
  // ten overlaps; masks and boxes; AP(0.5) and the mean
  CHECK(count(page, "<path") == 10 + 2 + 2);
  CHECK(count(page, "<rect") == 4);
  CHECK(test::contains(page, "<title>0.80 to 0.85: 0 right, 1 wrong</title>"));
}

TEST_CASE("texts are escaped wherever they stand") {
  auto data = test::report_data();
  data.name = data.images[0].file_name = test::odd_name;
  const PageOptions options{.title = test::odd_name,
                            .tiles = {{test::odd_name, test::odd_name}},
                            .facts = {{test::odd_name, test::odd_name}},
                            .notes = {test::odd_name},
                            .read = [](const ImageInfo&) { return grey(); }};
  const std::string page = page_of(data, test::report_findings(), options);
  check_page(page);
  CHECK_FALSE(test::contains(page, test::odd_name));
  // title and heading, data, tile and fact twice each, note, category, an example's caption and its two images
  CHECK(count(page, html_text(test::odd_name)) == 2 + 1 + 2 + 2 + 1 + 1 + 3);
}

TEST_CASE("examples are shown if images can be read") {
  const auto data = test::report_data();
  std::vector<std::string> asked;
  PageOptions options{.title = "model", .read = [&](const ImageInfo& info) {
                        asked.push_back(info.file_name);
                        return grey();
                      }};
  // three images have objects: two are the worst, one is the best
  const std::string page = page_of(data, test::report_findings(), options);
  check_page(page);
  CHECK(asked == std::vector<std::string>{"p3.png", "p1.png", "p0.png"});
  CHECK(count(page, "<figure") == 3);
  CHECK(count(page, "<img") == 6);
  CHECK(count(page, "width=\"500\" height=\"500\"") == 6);  // enlarged by a whole number
  CHECK(test::contains(page, "<strong>p3.png</strong><span>mean AP(t) 0.000</span><span>0 right, 0 wrong, 1 missed"));
  CHECK(test::contains(page, "alt=\"prediction of p0.png\" src=\"data:image/jpeg;base64,/9j/"));

  options.examples = 1;
  CHECK(count(page_of(data, test::report_findings(), options), "<figure") == 2);
  options.examples = 0;
  asked.clear();
  CHECK(count(page_of(data, test::report_findings(), options), "<figure") == 0);
  CHECK(asked.empty());
  CHECK(count(page_of(data, test::report_findings(), {.title = "model"}), "<figure") == 0);
}

TEST_CASE("a single image is the worst, not the best as well") {
  const auto data = test::dataset(1, {test::truth(1, 0, 10, 10, 20, 20)});
  const PageOptions options{.title = "model", .read = [](const ImageInfo&) { return grey(); }};
  const std::string page = page_of(data, {}, options);
  check_page(page);
  CHECK(count(page, "<figure") == 1);
  CHECK_FALSE(test::contains(page, "Where it is best"));
  CHECK_FALSE(test::contains(page, "<h2>Categories</h2>"));  // there is one
}

TEST_CASE("an image of another size than the data say is an error: their objects are not in it") {
  const test::Folder folder;
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const PageOptions options{.title = "model", .read = [](const ImageInfo&) { return grey({1, 70}); }};
  CHECK(test::error_of([&] {
          maskrcnn::evaluate::write_html(folder.file("page.html"), make_report(data, findings), data, findings,
                                         options);
        }) == "data: p3.png is 70 x 1 pixels, expected 100 x 100 as made says");
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("an image that cannot be read is an error, and leaves an older page as it was") {
  const test::Folder folder;
  const std::string path = folder.write("page.html", "older");
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  const auto report = make_report(data, findings);
  const PageOptions options{.title = "model", .read = [&](const ImageInfo& info) {
                              return maskrcnn::io::read_image(folder.file(info.file_name.c_str()));
                            }};
  const std::string error =
      test::error_of([&] { maskrcnn::evaluate::write_html(path, report, data, findings, options); });
  CHECK(test::contains(error, folder.file("p3.png")));
  CHECK(test::contains(error, "No such file"));
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
  std::ifstream file(path);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "older");
}

TEST_CASE("a page that cannot be written is an error before any image is read") {
  const test::Folder folder;
  const auto data = test::report_data();
  const auto findings = test::report_findings();
  bool read = false;
  const PageOptions options{.title = "model", .read = [&](const ImageInfo&) {
                              read = true;
                              return grey();
                            }};
  for (const std::string& path : {folder.path(), folder.file("none/page.html")}) {
    const std::string error = test::error_of(
        [&] { maskrcnn::evaluate::write_html(path, make_report(data, findings), data, findings, options); });
    CHECK(test::contains(error, "report: cannot write " + path));
  }
  CHECK_FALSE(read);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("a limit of its own has columns beside COCO's") {
  const std::string page = page_of(test::report_data(), test::report_findings(), {.title = "model"}, {.limit = 1500});
  check_page(page);
  CHECK(test::contains(page, "<th>mask, 100</th><th>mask, 1500</th><th>box, 100</th><th>box, 1500</th>"));
  CHECK(test::contains(page, "and with the best 1,500."));
  CHECK(test::contains(page, "mask AP50, best 1500"));
}

TEST_CASE("without masks, a page is of boxes") {
  auto findings = test::report_findings();
  findings.has_masks = false;
  const PageOptions options{.title = "model", .read = [](const ImageInfo&) { return grey(); }};
  const std::string page = page_of(test::report_data(), findings, options);
  check_page(page);
  CHECK(test::contains(page, "box AP, COCO"));
  CHECK(test::contains(page, "Of boxes that score at least 0.50"));
  CHECK_FALSE(test::contains(page, "<th>mask"));
  CHECK_FALSE(test::contains(page, ">masks<"));
  CHECK(count(page, "<path") == 10 + 1 + 2);
}

TEST_CASE("nothing found and nothing to find have pages, too") {
  const PageOptions options{.title = "", .read = [](const ImageInfo&) { return grey(); }};
  check_page(page_of(test::report_data(), {}, options));
  const std::string wrong = page_of(test::dataset(2, {}), {.objects = {test::found(0.9, 1, 0, 0, 9, 9)}}, options);
  check_page(wrong);
  CHECK(test::contains(wrong, "0 right, 1 wrong, 0 missed"));
  for (const std::size_t images : {std::size_t{0}, std::size_t{2}}) {
    const std::string page = page_of(test::dataset(images, {}), {}, options);
    check_page(page);
    CHECK(count(page, "<figure") == 0);
    CHECK(count(page, "<rect") == 0);
  }
}

TEST_CASE("text of a page is UTF-8, whatever it was") {
  CHECK(html_text("Zellkörper – 细胞 🔬\n") == "Zellkörper – 细胞 🔬\n");
  CHECK(html_text(test::odd_name) == "&lt;b&gt;&amp;&quot;&#39;");
  const std::string none = "\xEF\xBF\xBD";
  CHECK(html_text(std::string_view("a\0b\x01\x7F", 5)) == "a" + none + "b" + none + none);
  CHECK(html_text("\xFF\x80ok") == none + none + "ok");
  CHECK(html_text("cut off: \xE7\xBB") == "cut off: " + none + none);
  // two ways to write "/", half of a pair of UTF-16, and a code point beyond the last
  CHECK(html_text("\xC0\xAF") == none + none);
  CHECK(html_text("\xE0\x80\xAF") == none + none + none);
  CHECK(html_text("\xED\xA0\x80") == none + none + none);
  CHECK(html_text("\xF0\x80\x80\xAF") == none + none + none + none);
  CHECK(html_text("\xF4\x90\x80\x80") == none + none + none + none);
  CHECK(html_text("\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF") ==
        "\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
}

TEST_CASE("counts are in groups of three digits") {
  CHECK(html_count(0) == "0");
  CHECK(html_count(999) == "999");
  CHECK(html_count(1000) == "1,000");
  CHECK(html_count(28986) == "28,986");
  CHECK(html_count(1234567) == "1,234,567");
}

TEST_CASE("base64 is that of RFC 4648") {
  using maskrcnn::evaluate::base64;
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64(std::string_view("\xFF\xFE\0", 3)) == "//4A");
}
