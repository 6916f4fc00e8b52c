# Where ccache is installed, compilers run through it: a second build, of the same sources in whichever folder, takes
# seconds.

find_program(MASKRCNN_CCACHE ccache)
mark_as_advanced(MASKRCNN_CCACHE)
if(MASKRCNN_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # precompiled headers need the rest, as ccache's manual has it
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${MASKRCNN_CCACHE})
endif()
