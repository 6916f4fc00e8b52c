# maskrcnn_warnings(TARGET): the warnings that this project's own programs are built with.

function(maskrcnn_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
                                           $<$<BOOL:${MASKRCNN_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()
