# maskrcnn::image_libraries: a target that has image files read by libjpeg-turbo and libspng. There is none where they are
# not installed. A program links it beside maskrcnn::maskrcnn, in all of its units or in none.

find_package(JPEG QUIET)
find_path(MASKRCNN_SPNG_INCLUDE spng.h)
find_library(MASKRCNN_SPNG_LIBRARY spng)
mark_as_advanced(MASKRCNN_SPNG_INCLUDE MASKRCNN_SPNG_LIBRARY)
if(JPEG_FOUND AND MASKRCNN_SPNG_INCLUDE AND MASKRCNN_SPNG_LIBRARY AND NOT TARGET maskrcnn::image_libraries)
  add_library(maskrcnn::image_libraries INTERFACE IMPORTED GLOBAL)
  target_compile_definitions(maskrcnn::image_libraries INTERFACE MASKRCNN_IMAGE_LIBRARIES)
  target_include_directories(maskrcnn::image_libraries SYSTEM INTERFACE ${MASKRCNN_SPNG_INCLUDE})
  target_link_libraries(maskrcnn::image_libraries INTERFACE JPEG::JPEG ${MASKRCNN_SPNG_LIBRARY})
endif()
